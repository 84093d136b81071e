import * as z from "zod";

/** The header that asks for an answer only where it is a new one. */
export const ifNoneMatch = z
  .string()
  .optional()
  .meta({ description: "The `ETag` of an earlier answer: 304 when nothing has changed since." });
