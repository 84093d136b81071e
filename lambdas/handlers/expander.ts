import { injectLambdaContext } from "@aws-lambda-powertools/logger/middleware";
import { MetricUnit } from "@aws-lambda-powertools/metrics";
import middy from "@middy/core";
import type { Context, SQSEvent } from "aws-lambda";
import { advance } from "../batches/advance.ts";
import { batches } from "../batches/configured.ts";
import { manifests, results } from "../batches/configured-bucket.ts";
import { expansions } from "../batches/configured-queue.ts";
import { readExpansion } from "../batches/expansions.ts";
import { generations } from "../generations/configured.ts";
import { createListing } from "../generations/listing.ts";
import { createRequestSchema, parseCreateRequest } from "../generations/request.ts";
import { readOpenAiBody } from "../openai/request.ts";
import { documents } from "../platform/clients/documents.ts";
import { required } from "../platform/environment.ts";
import { logger, metrics, publishedMetrics } from "../platform/observe.ts";
import { configuredOffer, configuredQuotas } from "../providers/configured.ts";

/** What a hundred lines may take at most, with a checkpoint and a message after them. */
const CHUNK_MS = 20_000;

const offer = configuredOffer();
const schema = createRequestSchema(offer);
const expander = {
  batches,
  generations,
  listing: createListing(documents, required("TABLE_NAME")),
  manifests,
  results,
  expansions,
  schema,
  readers: {
    "/generations": (body: unknown) => parseCreateRequest(schema, body),
    "/images/generations": readOpenAiBody(schema, offer),
  },
  offer,
  quotaOf: configuredQuotas(offer),
  now: Date.now,
  random: Math.random,
  signal: (name: string, count: number) => metrics.addMetric(name, MetricUnit.Count, count),
};

/** Takes the batch that a message names further. A failure brings the message back, then to the dead letters. */
export const handler = middy(async ({ Records }: SQSEvent, context: Context) => {
  for (const { body } of Records) {
    const expansion = readExpansion(body);
    if (expansion === null) throw new Error("a message names no batch");
    logger.appendKeys({ batch_id: expansion.id });
    await advance(expansion, {
      ...expander,
      hasTime: () => context.getRemainingTimeInMillis() > CHUNK_MS,
    });
  }
})
  .use(injectLambdaContext(logger, { clearState: true }))
  .use(publishedMetrics);
