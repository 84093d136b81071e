import { injectLambdaContext } from "@aws-lambda-powertools/logger/middleware";
import { MetricUnit } from "@aws-lambda-powertools/metrics";
import middy from "@middy/core";
import type { Context, SQSEvent } from "aws-lambda";
import { batches } from "../batches/configured.ts";
import { expand } from "../batches/expand.ts";
import { createExpansions, readExpansion } from "../batches/expansions.ts";
import { createManifests } from "../batches/manifests.ts";
import { generations } from "../generations/configured.ts";
import { createRequestSchema } from "../generations/request.ts";
import { objects, queues } from "../platform/clients.ts";
import { required } from "../platform/environment.ts";
import { logger, metrics, publishedMetrics } from "../platform/observe.ts";
import { configuredOffer } from "../providers/configured.ts";

/** What a hundred lines may take at most, with a checkpoint and a message after them. */
const CHUNK_MS = 20_000;

const offer = configuredOffer();
const expander = {
  batches,
  generations,
  manifests: createManifests(objects, required("BUCKET_NAME")),
  expansions: createExpansions(queues, required("EXPANSION_QUEUE_URL")),
  schema: createRequestSchema(offer),
  offer,
  now: Date.now,
  random: Math.random,
  signal: (name: string, count: number) => metrics.addMetric(name, MetricUnit.Count, count),
};

/** Makes the generations of the batch that a message names. A failure brings the message back, then to the dead letters. */
export const handler = middy(async ({ Records }: SQSEvent, context: Context) => {
  for (const { body } of Records) {
    const id = readExpansion(body);
    if (id === null) throw new Error("a message names no batch");
    logger.appendKeys({ batch_id: id });
    await expand(id, { ...expander, hasTime: () => context.getRemainingTimeInMillis() > CHUNK_MS });
  }
})
  .use(injectLambdaContext(logger, { clearState: true }))
  .use(publishedMetrics);
