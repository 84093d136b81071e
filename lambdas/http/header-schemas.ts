import * as z from "zod";
import { parseCancelAfter } from "../platform/duration.ts";
import { ServiceError } from "../platform/service-error.ts";
import { parsePrefer } from "./prefer.ts";

const VISIBLE_ASCII = /^[\x21-\x7e]{1,255}$/;

/** An idempotency key, bare or as a quoted string (RFC 9651); both spell the same key. */
export const idempotencyKey = z
  .string()
  .transform((value, context) => {
    const bare = value.startsWith('"') ? unquoted(value) : value;
    if (bare !== null && VISIBLE_ASCII.test(bare)) return bare;
    context.addIssue({
      code: "custom",
      message: "must be 1 to 255 visible ASCII characters, quoted or bare",
    });
    return z.NEVER;
  })
  .optional()
  .meta({
    description:
      "Names the intent: the same key and body are the same generation, however often they are sent. 1 to 255 visible ASCII characters, quoted or bare.",
    example: "order-123",
  });

function unquoted(value: string): string | null {
  const inner = /^"((?:[^"\\]|\\["\\])*)"$/.exec(value)?.[1];
  return inner?.replaceAll(/\\(["\\])/g, "$1") ?? null;
}

export const cancelAfter = z
  .string()
  .transform((value, context) => {
    try {
      return parseCancelAfter(value);
    } catch (error) {
      const message = error instanceof ServiceError ? error.extras.errors?.[0]?.detail : "must be a duration";
      context.addIssue({ code: "custom", message: message ?? "must be a duration" });
      return z.NEVER;
    }
  })
  .optional()
  .meta({
    description:
      "Sets the deadline: a generation still queued then ends as `expired`. `30s`, `5m`, `1h30m` or seconds, from 5 s to 7 days; 24 hours by default.",
    example: "5m",
  });

export const prefer = z.string().transform(parsePrefer).optional().meta({
  description:
    "`wait=n` waits up to n seconds (25 by default and at most), `respond-async` answers at once. What was followed is in `Preference-Applied`.",
  example: "wait=10",
});
