import { optional } from "../platform/environment.ts";
import { type Budget, budgetOf } from "./table.ts";

/** The budget of this deployment; null without one. */
export function configuredBudget(): Budget | null {
  return budgetOf(optional("OWNER_MONTHLY_BUDGET"), optional("ENVIRONMENT_MONTHLY_BUDGET"));
}
