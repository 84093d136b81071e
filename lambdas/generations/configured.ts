import { configuredBudget } from "../budgets/configured.ts";
import { documents } from "../platform/clients/documents.ts";
import { required, requiredNumber } from "../platform/environment.ts";
import { logger, tallied } from "../platform/observe.ts";
import { logged } from "./logged.ts";
import { createGenerationStore } from "./table.ts";

/** The generations of this deployment. */
export const generations = logged(
  createGenerationStore(
    documents,
    required("TABLE_NAME"),
    requiredNumber("RETENTION_DAYS"),
    configuredBudget(),
  ),
  logger,
  tallied,
);
