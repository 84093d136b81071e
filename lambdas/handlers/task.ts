import { injectLambdaContext } from "@aws-lambda-powertools/logger/middleware";
import middy from "@middy/core";
import { WORKFLOWS_OWNER } from "../api-keys/owner.ts";
import { generations } from "../generations/configured.ts";
import { createRequestSchema } from "../generations/request.ts";
import { imageAddresses } from "../images/configured-addresses.ts";
import { documents } from "../platform/clients/documents.ts";
import { workflows } from "../platform/clients/workflows.ts";
import { sleep } from "../platform/clock.ts";
import { required } from "../platform/environment.ts";
import { logger, publishedMetrics } from "../platform/observe.ts";
import { configuredOffer, configuredQuotas } from "../providers/configured.ts";
import { runTask } from "../workflows/run-task.ts";
import { createTaskTokens } from "../workflows/task-tokens.ts";

const offer = configuredOffer();

/** For Step Functions and any direct invocation: takes the create body, answers the generation. */
export const handler = middy(
  runTask({
    generations,
    images: imageAddresses,
    taskTokens: createTaskTokens(documents, required("TABLE_NAME"), Date.now),
    workflows,
    schema: createRequestSchema(offer),
    offer,
    quotaOf: configuredQuotas(offer),
    owner: WORKFLOWS_OWNER,
    now: Date.now,
    random: Math.random,
    sleep,
  }),
)
  .use(injectLambdaContext(logger))
  .use(publishedMetrics);
