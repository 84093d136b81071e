import { setTimeout as sleep } from "node:timers/promises";
import { injectLambdaContext } from "@aws-lambda-powertools/logger/middleware";
import { S3Client } from "@aws-sdk/client-s3";
import { SFNClient } from "@aws-sdk/client-sfn";
import middy from "@middy/core";
import { configuredBudget } from "../budgets/configured.ts";
import { createRequestSchema } from "../generations/request.ts";
import { createGenerationStore } from "../generations/table.ts";
import { createImageStore } from "../images/bucket.ts";
import { CALLS, PICTURE_CALLS } from "../platform/call-limits.ts";
import { documentClient } from "../platform/dynamodb.ts";
import { required, requiredNumber } from "../platform/environment.ts";
import { logger } from "../platform/observe.ts";
import { configuredOffer } from "../providers/configured.ts";
import { runTask } from "../workflows/run-task.ts";
import { createTaskTokens } from "../workflows/task-tokens.ts";

const offer = configuredOffer();
const client = documentClient();
const table = required("TABLE_NAME");

/** For Step Functions and any direct invocation: takes the create body, answers the generation. */
export const handler = middy(
  runTask({
    generations: createGenerationStore(client, table, requiredNumber("RETENTION_DAYS"), configuredBudget()),
    images: createImageStore(new S3Client(PICTURE_CALLS), required("BUCKET_NAME"), Date.now),
    taskTokens: createTaskTokens(client, table, Date.now),
    workflows: new SFNClient(CALLS),
    schema: createRequestSchema(offer),
    offer,
    now: Date.now,
    random: Math.random,
    async sleep(milliseconds) {
      await sleep(milliseconds);
    },
  }),
).use(injectLambdaContext(logger));
