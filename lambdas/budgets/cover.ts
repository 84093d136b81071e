import { millionthsOf } from "../platform/money.ts";
import { ServiceError } from "../platform/service-error.ts";
import type { RemainingBudget } from "./table.ts";

/**
 * Refuses a batch whose pictures, of these prices, the owner's or the environment's budget does not cover. Nothing is
 * reserved here: that is done line by line, for whatever is left by then.
 *
 * @throws ServiceError `budget_exceeded`
 */
export async function requireBudget(
  owner: string,
  prices: readonly string[],
  { remainingBudget }: { readonly remainingBudget: RemainingBudget },
): Promise<void> {
  const sum = prices.reduce((total, price) => total + millionthsOf(price), 0);
  if (await remainingBudget.covers(owner, sum)) return;
  throw new ServiceError("budget_exceeded", {
    detail:
      "What is left of the owner's or the environment's budget for this month does not cover the batch. Nothing was created.",
  });
}
