import { setTimeout as sleep } from "node:timers/promises";
import { injectLambdaContext } from "@aws-lambda-powertools/logger/middleware";
import { MetricUnit } from "@aws-lambda-powertools/metrics";
import { S3Client } from "@aws-sdk/client-s3";
import { createManifests } from "../batches/manifests.ts";
import { createBatchStore } from "../batches/table.ts";
import { configuredBudget } from "../budgets/configured.ts";
import { createPurse } from "../budgets/table.ts";
import { createListing } from "../generations/listing.ts";
import { createGenerationStore } from "../generations/table.ts";
import { newHandler } from "../http/app.ts";
import { createCursorKey } from "../http/cursor-key.ts";
import { createRequestLimits } from "../http/request-limits.ts";
import { createImageStore } from "../images/bucket.ts";
import { createPictureReader } from "../images/reader.ts";
import { createResendStore } from "../openai/ledger-table.ts";
import { createPacers } from "../pacing/pacers.ts";
import { PICTURE_CALLS } from "../platform/call-limits.ts";
import { documentClient } from "../platform/dynamodb.ts";
import { list, required, requiredNumber } from "../platform/environment.ts";
import { logger, metrics } from "../platform/observe.ts";
import { configuredOffer, configuredQuotas } from "../providers/configured.ts";
import type { ApiDependencies } from "./api-dependencies.ts";
import { routesOf } from "./routes.ts";

const client = documentClient();
const pictures = new S3Client(PICTURE_CALLS);
const table = required("TABLE_NAME");
const offer = configuredOffer();
const quotaOf = configuredQuotas(offer);
const retentionDays = requiredNumber("RETENTION_DAYS");
const budget = configuredBudget();
const now = Date.now;
const pause = async (milliseconds: number) => {
  await sleep(milliseconds);
};

const dependencies: ApiDependencies = {
  generations: createGenerationStore(client, table, retentionDays, budget),
  listing: createListing(client, table),
  images: createImageStore(pictures, required("BUCKET_NAME"), now),
  pictures: createPictureReader(pictures),
  resends: createResendStore(client, { table, retentionDays, budget }),
  batches: createBatchStore(client, { table, retentionDays, now }),
  manifests: createManifests(pictures, required("BUCKET_NAME")),
  limits: createRequestLimits(client, table, now),
  purse: createPurse(client, { table, budget, now }),
  pacerOf: createPacers({
    client,
    table,
    region: offer.region,
    quotaOf,
    burst: requiredNumber("PROVIDER_BURST"),
    now,
    sleep: pause,
  }),
  quotaOf,
  cursorKey: createCursorKey(client, table),
  offer,
  authentication: required("AUTHENTICATION") === "iam" ? "iam" : "key",
  corsOrigins: list("CORS_ORIGINS"),
  requestsPerMinute: requiredNumber("OWNER_REQUESTS_PER_MINUTE"),
  mostOpenGenerations: requiredNumber("OWNER_OPEN_GENERATIONS"),
  longestWait: requiredNumber("API_WAIT_SECONDS"),
  now,
  random: Math.random,
  sleep: pause,
  signal(name, fields = {}) {
    metrics.addMetric(name, MetricUnit.Count, 1);
    if (name === "InternalErrors") logger.error(name, fields);
    else logger.info(name, fields);
  },
};

/** Answers HTTP requests. */
export const handler = newHandler(routesOf(offer), dependencies).use(injectLambdaContext(logger)).use({
  // Powertools' own middleware warns of every request that counted nothing.
  after: publishMetrics,
  onError: publishMetrics,
});

function publishMetrics(): void {
  if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics();
}
