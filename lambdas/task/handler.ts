import { setTimeout as sleep } from "node:timers/promises";
import { injectLambdaContext } from "@aws-lambda-powertools/logger/middleware";
import { S3Client } from "@aws-sdk/client-s3";
import { SFNClient } from "@aws-sdk/client-sfn";
import middy from "@middy/core";
import { configuredBudget } from "../entry/budget.ts";
import { requestSchemaOf } from "../entry/catalogue.ts";
import { providerRegion } from "../entry/region.ts";
import { required, requiredNumber } from "../environment.ts";
import { logger } from "../observe.ts";
import { CALLS, PICTURE_CALLS } from "../store/call-limits.ts";
import { documentClient } from "../store/dynamodb.ts";
import { createGenerationStore } from "../store/generations.ts";
import { createImageStore } from "../store/images.ts";
import { createTaskTokens } from "../store/task-tokens.ts";
import { runTask } from "./run-task.ts";

const region = providerRegion();
const client = documentClient();
const table = required("TABLE_NAME");

/** For Step Functions and any direct invocation: takes the create body, answers the generation. */
export const handler = middy(
  runTask({
    generations: createGenerationStore(client, table, requiredNumber("RETENTION_DAYS"), configuredBudget()),
    images: createImageStore(new S3Client(PICTURE_CALLS), required("BUCKET_NAME"), Date.now),
    taskTokens: createTaskTokens(client, table, Date.now),
    workflows: new SFNClient(CALLS),
    schema: requestSchemaOf(region),
    region,
    now: Date.now,
    random: Math.random,
    async sleep(milliseconds) {
      await sleep(milliseconds);
    },
  }),
).use(injectLambdaContext(logger));
