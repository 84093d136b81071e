import { documents as client } from "../platform/clients/documents.ts";
import { optional, required } from "../platform/environment.ts";
import { type Budget, budgetOf, createOwnerBudget, createRemainingBudget } from "./table.ts";
import { createUsageStore } from "./usage-table.ts";

/** The budget of this deployment; null without one. */
export function configuredBudget(): Budget | null {
  return budgetOf(optional("OWNER_MONTHLY_BUDGET"), optional("ENVIRONMENT_MONTHLY_BUDGET"));
}

/** What this deployment's callers may ask of their budgets, which are in this currency. */
export function configuredSpending(currency: string) {
  const of = { table: required("TABLE_NAME"), budget: configuredBudget(), currency };
  return {
    usage: createUsageStore(client, of.table),
    ownerBudget: createOwnerBudget(client, of),
    remainingBudget: createRemainingBudget(client, { ...of, now: Date.now }),
  };
}
