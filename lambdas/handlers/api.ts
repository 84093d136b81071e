import { injectLambdaContext } from "@aws-lambda-powertools/logger/middleware";
import middy from "@middy/core";
import { createManifestUploads, createResultAddresses } from "../batches/addresses.ts";
import { batches } from "../batches/configured.ts";
import { configuredBudget, configuredSpending } from "../budgets/configured.ts";
import { generations } from "../generations/configured.ts";
import { createListing } from "../generations/listing.ts";
import { createOpenPrices } from "../generations/open-prices.ts";
import { newHandler } from "../http/app.ts";
import { cursors, gateway } from "../http/configured.ts";
import { builtPage } from "../http/pages/built-page.ts";
import { imageAddresses } from "../images/configured-addresses.ts";
import { createLedgerStore } from "../openai/ledger-table.ts";
import { createPacers } from "../pacing/pacers.ts";
import { addresses } from "../platform/clients/addresses.ts";
import { documents as client } from "../platform/clients/documents.ts";
import { sleep } from "../platform/clock.ts";
import { required, requiredNumber } from "../platform/environment.ts";
import { logger, publishedMetrics } from "../platform/observe.ts";
import { configuredOffer, configuredQuotas } from "../providers/configured.ts";
import { late } from "./late.ts";
import { routesOf } from "./routes.ts";

const table = required("TABLE_NAME");
const bucket = required("BUCKET_NAME");
const offer = configuredOffer();
const quotaOf = configuredQuotas(offer);
const burst = requiredNumber("PROVIDER_BURST");
const retentionDays = requiredNumber("RETENTION_DAYS");

/** Answers HTTP requests. */
export const handler = middy(
  newHandler(routesOf(offer), {
    ...gateway,
    generations,
    listing: createListing(client, table),
    images: { ...imageAddresses, ...late.images },
    page: builtPage,
    ledger: createLedgerStore(client, { table, retentionDays, budget: configuredBudget() }),
    batches,
    expansions: late.expansions,
    manifests: { bucket, ...late.manifests },
    manifestUploads: createManifestUploads(addresses, bucket),
    results: createResultAddresses(addresses, bucket),
    ...configuredSpending(offer.currency),
    openPrices: createOpenPrices(client, table),
    pacerOf: createPacers({ client, table, region: offer.region, quotaOf, burst, now: Date.now, sleep }),
    quotaOf,
    cursors,
    offer,
    mostOpenGenerations: requiredNumber("OWNER_OPEN_GENERATIONS"),
    sdkPatienceSeconds: requiredNumber("OPENAI_PATIENCE_SECONDS"),
    random: Math.random,
    sleep,
  }),
)
  .use(injectLambdaContext(logger))
  .use(publishedMetrics);
