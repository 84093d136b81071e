import { millionthsOf } from "../platform/money.ts";
import { ServiceError } from "../platform/problems.ts";
import { priceOf } from "../providers/catalogue.ts";
import { modelsOf, type Region } from "../providers/dashscope/models.ts";
import type { Purse } from "./table.ts";

interface FundsDependencies {
  readonly purse: Purse;
  readonly region: Region;
}

/**
 * Refuses a batch that the owner's or the environment's budget does not cover: all of its models' pictures where they
 * are known, one picture where they are in a manifest. Nothing is reserved here: that is done line by line, for
 * whatever is left by then.
 *
 * @throws ServiceError `budget_exceeded`
 */
export async function requireFunds(
  owner: string,
  models: readonly string[] | "in a manifest",
  { purse, region }: FundsDependencies,
): Promise<void> {
  const prices =
    models === "in a manifest" ? [cheapestOf(region)] : models.map((model) => priceIn(region, model));
  const sum = prices.reduce((total, price) => total + price, 0);
  if (await purse.covers(owner, sum)) return;
  throw new ServiceError("budget_exceeded", {
    detail:
      "What is left of the owner's or the environment's budget for this month does not cover the batch. Nothing was created.",
  });
}

function cheapestOf(region: Region): number {
  return Math.min(...modelsOf(region).map(({ price }) => millionthsOf(price.cost)));
}

function priceIn(region: Region, model: string): number {
  return millionthsOf(priceOf(region, model)?.amount ?? "0");
}
