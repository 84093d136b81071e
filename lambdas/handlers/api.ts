import { injectLambdaContext } from "@aws-lambda-powertools/logger/middleware";
import middy from "@middy/core";
import { createManifestUploads, createResultAddresses } from "../batches/addresses.ts";
import { batches } from "../batches/configured.ts";
import { configuredBudget } from "../budgets/configured.ts";
import { createOwnerBudget, createRemainingBudget } from "../budgets/table.ts";
import { createUsageStore } from "../budgets/usage-table.ts";
import { generations } from "../generations/configured.ts";
import { createListing } from "../generations/listing.ts";
import { createOpenPrices } from "../generations/open-prices.ts";
import { newHandler } from "../http/app.ts";
import { createCursors, cursorSecret } from "../http/cursor.ts";
import { builtPage } from "../http/pages/built-page.ts";
import { createRequestLimits } from "../http/request-limits.ts";
import { imageAddresses } from "../images/configured-addresses.ts";
import { createLedgerStore } from "../openai/ledger-table.ts";
import { createPacers } from "../pacing/pacers.ts";
import { addresses } from "../platform/clients/addresses.ts";
import { documents as client } from "../platform/clients/documents.ts";
import { sleep } from "../platform/clock.ts";
import { list, required, requiredNumber } from "../platform/environment.ts";
import { counted, logger, publishedMetrics } from "../platform/observe.ts";
import { configuredOffer, configuredQuotas } from "../providers/configured.ts";
import { late } from "./late.ts";
import { routesOf } from "./routes.ts";

const table = required("TABLE_NAME");
const bucket = required("BUCKET_NAME");
const offer = configuredOffer();
const quotaOf = configuredQuotas(offer);
const budget = configuredBudget();
const burst = requiredNumber("PROVIDER_BURST");
const now = Date.now;

/** Answers HTTP requests. */
export const handler = middy(
  newHandler(routesOf(offer), {
    generations,
    listing: createListing(client, table),
    images: { ...imageAddresses, ...late.images },
    page: builtPage,
    ledger: createLedgerStore(client, { table, retentionDays: requiredNumber("RETENTION_DAYS"), budget }),
    batches,
    expansions: late.expansions,
    manifests: { bucket, ...late.manifests },
    manifestUploads: createManifestUploads(addresses, bucket),
    results: createResultAddresses(addresses, bucket),
    limits: createRequestLimits(client, table, now),
    usage: createUsageStore(client, table),
    openPrices: createOpenPrices(client, table),
    ownerBudget: createOwnerBudget(client, { table, budget, currency: offer.currency }),
    remainingBudget: createRemainingBudget(client, { table, budget, currency: offer.currency, now }),
    pacerOf: createPacers({ client, table, region: offer.region, quotaOf, burst, now, sleep }),
    quotaOf,
    cursors: createCursors(cursorSecret(client, table)),
    offer,
    authentication: required("AUTHENTICATION") === "iam" ? "iam" : "key",
    corsOrigins: list("CORS_ORIGINS"),
    requestsPerMinute: requiredNumber("OWNER_REQUESTS_PER_MINUTE"),
    mostOpenGenerations: requiredNumber("OWNER_OPEN_GENERATIONS"),
    longestWait: requiredNumber("API_WAIT_SECONDS"),
    sdkPatienceSeconds: requiredNumber("OPENAI_PATIENCE_SECONDS"),
    now,
    random: Math.random,
    sleep,
    signal: (name, fields) => counted(name, name === "InternalErrors" ? "error" : "info", fields),
  }),
)
  .use(injectLambdaContext(logger))
  .use(publishedMetrics);
