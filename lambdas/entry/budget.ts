import { optional } from "../environment.ts";
import { type Budget, budgetOf } from "../store/budget.ts";

/** The budget of this deployment; null without one. */
export function configuredBudget(): Budget | null {
  return budgetOf(optional("OWNER_MONTHLY_BUDGET"), optional("ENVIRONMENT_MONTHLY_BUDGET"));
}
