import * as z from "zod";
import { CURSOR_FORM, NO_CURSOR } from "./cursor.ts";
import { json, type Reply } from "./reply.ts";

/** The parameters of every list. */
export const pageQuery = {
  limit: z
    .string()
    .default("20")
    .refine((text) => /^\d{1,3}$/.test(text) && Number(text) >= 1 && Number(text) <= 100, {
      error: "must be a whole number from 1 to 100",
    })
    .transform(Number)
    .meta({
      description: "How many at most.",
      override: { type: "integer", minimum: 1, maximum: 100, default: 20 },
    }),
  after: z
    .string()
    .regex(CURSOR_FORM, { error: NO_CURSOR })
    .optional()
    .meta({ description: "The `next_cursor` of the page before, with the same filters." }),
};

/** A page of a list of such things. */
export function pageSchema<Entry extends z.ZodType>(entry: Entry) {
  return z.object({
    object: z.literal("list"),
    data: z.array(entry),
    has_more: z.boolean(),
    next_cursor: z.string().nullable(),
  });
}

/** Answers with a page, and where the next one is: under the same address with the same filters. */
export function pageReply(
  { data, cursor }: { data: readonly unknown[]; cursor: string | null },
  at: { root: string; path: string; query: Readonly<Record<string, string | undefined>> },
): Reply {
  const body = { object: "list", data, has_more: cursor !== null, next_cursor: cursor };
  if (cursor === null) return json(200, body);
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries({ ...at.query, after: cursor }))
    if (value !== undefined) parameters.set(name, value);
  return json(200, body, { Link: `<${at.root}${at.path}?${parameters}>; rel="next"` });
}
