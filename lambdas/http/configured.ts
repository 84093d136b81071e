import { documents } from "../platform/clients/documents.ts";
import { list, required, requiredNumber } from "../platform/environment.ts";
import { counted } from "../platform/observe.ts";
import type { Gateway } from "./app.ts";
import { createCursors, cursorSecret } from "./cursor.ts";
import { createRequestLimits } from "./request-limits.ts";

const table = required("TABLE_NAME");

/** How this deployment's API lets requests in. */
export const gateway = {
  authentication: required("AUTHENTICATION") === "iam" ? "iam" : "key",
  corsOrigins: list("CORS_ORIGINS"),
  limits: createRequestLimits(documents, table, Date.now),
  requestsPerMinute: requiredNumber("OWNER_REQUESTS_PER_MINUTE"),
  longestWait: requiredNumber("API_WAIT_SECONDS"),
  now: Date.now,
  signal: (name: string, fields?: Readonly<Record<string, unknown>>) =>
    counted(name, name === "InternalErrors" ? "error" : "info", fields),
} satisfies Gateway & { readonly longestWait: number };

/** The cursors of this deployment's lists. */
export const cursors = createCursors(cursorSecret(documents, table));
