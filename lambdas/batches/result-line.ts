import * as z from "zod";
import type { Member } from "../generations/member.ts";
import { type Generation, statusSchema } from "../generations/record.ts";
import { faultSchema } from "../http/problem-schema.ts";
import { billedSchema } from "../platform/problem-table.ts";
import { InvalidInput, providerRefusal } from "../platform/service-error.ts";
import type { LineFaults } from "./record.ts";

/** What one line of a batch came to: a line of its results. */
export const resultLine = z
  .object({
    line: z.int().nullable().meta({ description: "Where the line begins in the manifest, counted from 1." }),
    custom_id: z.string().nullable(),
    status: z.enum([...statusSchema.options, "invalid"]).meta({
      description: "How its generation ended; `invalid` where none was made.",
    }),
    id: z.string().nullable().meta({ description: "The generation." }),
    bucket: z.string().nullable(),
    key: z.string().nullable().meta({ description: "The first picture." }),
    cost: z.string().nullable().meta({ description: "A decimal; null while it is unknown." }),
    billed: billedSchema,
    error: z
      .object({
        code: z.string(),
        message: z.string(),
        retryable: z.boolean(),
        billed: billedSchema,
        provider: providerRefusal.nullable(),
        errors: z.array(faultSchema).optional(),
      })
      .nullable(),
  })
  .meta({ id: "BatchResult", description: "A line of the results of a batch." });

export type ResultLine = z.infer<typeof resultLine>;

/** What became of a line that a generation was made of; of one whose record is gone only what the index knows. */
export function endedLine(
  { id, line, status, billed, price }: Member,
  generation: Generation | null,
): ResultLine {
  const image = generation?.state === "succeeded" ? generation.image : null;
  return {
    line,
    custom_id: generation?.custom_id ?? null,
    status,
    id,
    bucket: image?.bucket ?? null,
    key: image?.key ?? null,
    cost: { yes: price, no: "0", unknown: null }[billed],
    billed,
    error: generation !== null && "error" in generation ? generation.error : null,
  };
}

/** What is said of a line that no generation was made of. */
export function invalidLine({ line, custom_id, code, errors }: LineFaults): ResultLine {
  const wrong = { code, retryable: false, billed: "no", provider: null } as const;
  return {
    line,
    custom_id,
    status: "invalid",
    id: null,
    bucket: null,
    key: null,
    cost: "0",
    billed: "no",
    error:
      code === "invalid_request"
        ? { ...wrong, message: new InvalidInput(errors).extras.detail, errors }
        : { ...wrong, message: errors[0]?.detail ?? code },
  };
}
