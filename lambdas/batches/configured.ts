import { documents } from "../platform/clients/documents.ts";
import { required, requiredNumber } from "../platform/environment.ts";
import { createBatchStore } from "./table.ts";

/** The batches of this deployment. */
export const batches = createBatchStore(documents, {
  table: required("TABLE_NAME"),
  retentionDays: requiredNumber("RETENTION_DAYS"),
  now: Date.now,
});
