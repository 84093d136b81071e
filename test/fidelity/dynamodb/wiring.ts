import { createApiKeyStore } from "../../../lambdas/api-keys/table.ts";
import { createBatchStore } from "../../../lambdas/batches/table.ts";
import { budgetOf, createOwnerBudget, createRemainingBudget } from "../../../lambdas/budgets/table.ts";
import { createUsageStore } from "../../../lambdas/budgets/usage-table.ts";
import { createListing } from "../../../lambdas/generations/listing.ts";
import { createHeldPrices, createOpenPrices } from "../../../lambdas/generations/open-prices.ts";
import { createGenerationStore } from "../../../lambdas/generations/table.ts";
import { createUnannouncedEnds } from "../../../lambdas/generations/unannounced-ends.ts";
import { cursorSecret } from "../../../lambdas/http/cursor.ts";
import { createRequestLimits } from "../../../lambdas/http/request-limits.ts";
import { createLedgerStore } from "../../../lambdas/openai/ledger-table.ts";
import { createPacer } from "../../../lambdas/pacing/limiter.ts";
import { paceOf } from "../../../lambdas/pacing/pace.ts";
import { createTaskTokens } from "../../../lambdas/workflows/task-tokens.ts";
import { NOON } from "../../support/generations.ts";
import { createTable, localClient } from "./table.ts";

const retentionDays = 30;
const now = () => NOON;

/** Every store over a new table of DynamoDB Local: the one place that knows how they are made. */
export async function newStores({ ownerBudget = "", environmentBudget = "" } = {}) {
  const client = localClient();
  const table = await createTable(client);
  const budget = budgetOf(ownerBudget, environmentBudget);
  return {
    client,
    table,
    generations: createGenerationStore(client, table, retentionDays, budget),
    listing: createListing(client, table),
    ends: createUnannouncedEnds(client, table),
    batches: createBatchStore(client, { table, retentionDays, now }),
    ledger: createLedgerStore(client, { table, retentionDays, budget }),
    usage: createUsageStore(client, table),
    openPrices: createOpenPrices(client, table),
    heldPrices: createHeldPrices(client, table),
    ownerBudget: createOwnerBudget(client, { table, budget, currency: "USD" }),
    remainingBudget: createRemainingBudget(client, { table, budget, currency: "USD", now }),
    keys: createApiKeyStore(client, table, now),
    tokens: createTaskTokens(client, table, now),
    limits: createRequestLimits(client, table, now),
    cursorKey: () => cursorSecret(client, table)(),
    pacer: () =>
      createPacer({
        client,
        table,
        region: "sg",
        model: "qwen-image-max",
        pace: paceOf(600, 1),
        now,
        sleep: async () => {},
      }),
  };
}

export type Stores = Awaited<ReturnType<typeof newStores>>;
