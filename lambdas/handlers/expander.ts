import { injectLambdaContext } from "@aws-lambda-powertools/logger/middleware";
import { MetricUnit } from "@aws-lambda-powertools/metrics";
import { logMetrics } from "@aws-lambda-powertools/metrics/middleware";
import { S3Client } from "@aws-sdk/client-s3";
import { SQSClient } from "@aws-sdk/client-sqs";
import middy from "@middy/core";
import type { Context, SQSEvent } from "aws-lambda";
import { expand } from "../batches/expand.ts";
import { createExpansions, readExpansion } from "../batches/expansions.ts";
import { createManifests } from "../batches/manifests.ts";
import { createBatchStore } from "../batches/table.ts";
import { configuredBudget } from "../budgets/configured.ts";
import { createRequestSchema } from "../generations/request.ts";
import { createGenerationStore } from "../generations/table.ts";
import { CALLS, PICTURE_CALLS } from "../platform/call-limits.ts";
import { documentClient } from "../platform/dynamodb.ts";
import { required, requiredNumber } from "../platform/environment.ts";
import { logger, metrics } from "../platform/observe.ts";
import { configuredOffer } from "../providers/configured.ts";

/** What a hundred lines may take at most, with a checkpoint and a message after them. */
const CHUNK_MS = 20_000;

const client = documentClient();
const table = required("TABLE_NAME");
const retentionDays = requiredNumber("RETENTION_DAYS");
const offer = configuredOffer();
const dependencies = {
  batches: createBatchStore(client, { table, retentionDays, now: Date.now }),
  generations: createGenerationStore(client, table, retentionDays, configuredBudget()),
  manifests: createManifests(new S3Client(PICTURE_CALLS), required("BUCKET_NAME")),
  expansions: createExpansions(new SQSClient(CALLS), required("EXPANSION_QUEUE_URL")),
  schema: createRequestSchema(offer),
  offer,
  now: Date.now,
  random: Math.random,
  signal(name: string, count: number) {
    metrics.addMetric(name, MetricUnit.Count, count);
  },
};

/** Makes the generations of the batch that a message names. A failure brings the message back, then to the dead letters. */
export const handler = middy(async ({ Records }: SQSEvent, context: Context) => {
  for (const { body } of Records) {
    const id = readExpansion(body);
    if (id === null) throw new Error("a message names no batch");
    logger.appendKeys({ batch_id: id });
    await expand(id, { ...dependencies, hasTime: () => context.getRemainingTimeInMillis() > CHUNK_MS });
  }
})
  .use(logMetrics(metrics))
  .use(injectLambdaContext(logger, { clearState: true }));
