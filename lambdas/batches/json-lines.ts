import * as z from "zod";
import { IN_OUR_WORDS } from "../platform/fault-words.ts";
import { faultsOf } from "../platform/faults.ts";
import { isRecord } from "../platform/is-record.ts";
import { parseStrictJson } from "../platform/strict-json.ts";
import { BODY_PATHS, InvalidLine, type Item, type Line, textLinesIn } from "./lines.ts";

/** The lines of JSON lines: each a create body, or one of OpenAI's Batch API with the body inside. */
export function jsonLinesOf(file: Uint8Array): Line[] {
  return Array.from(textLinesIn(file), ({ number, start, end }) =>
    jsonLine(number, file.subarray(start, end)),
  );
}

/** A line of JSON. */
export function jsonLine(number: number, bytes: Uint8Array): Line {
  return { number, bytes, item: () => itemOf(parseStrictJson(bytes)) };
}

/** A name that a caller may give a line: it comes back with everything that is said of it. */
export const customId = z
  .string()
  .min(1)
  .max(200)
  .refine((value) => value.isWellFormed(), { error: "must be valid Unicode" });

/** What tells a line of OpenAI's from a create body, which has none of these. */
const MARKS = ["custom_id", "method", "url", "body"];

/** https://developers.openai.com/api/docs/guides/batch */
const openAiLine = z.strictObject({
  custom_id: customId.optional(),
  method: z.literal("POST").optional(),
  url: z
    .string()
    .transform((url, context) => {
      const path = BODY_PATHS.find((each) => url === each || url === `/v1${each}`);
      if (path !== undefined) return path;
      const known = BODY_PATHS.map((each) => `/v1${each}`).join(" or ");
      context.addIssue({ code: "custom", message: `must be ${known}` });
      return z.NEVER;
    })
    .default("/generations"),
  body: z.unknown(),
});

function itemOf(value: unknown): Item {
  if (!isRecord(value) || !MARKS.some((mark) => Object.hasOwn(value, mark)))
    return { customId: null, path: "/generations", body: value };
  const { success, data, error } = openAiLine.safeParse(value, IN_OUR_WORDS);
  if (!success) throw new InvalidLine(faultsOf(error), customId.safeParse(value["custom_id"]).data ?? null);
  return { customId: data.custom_id ?? null, path: data.url, body: data.body };
}
