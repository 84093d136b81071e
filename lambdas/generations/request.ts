import { createHash } from "node:crypto";
import * as z from "zod";
import { parseOrThrow } from "../platform/faults.ts";

/** What a provider's model offers, as far as the rules of a request depend on it. */
export interface Catalogue {
  readonly models: readonly [string, ...string[]];
  readonly sizes: readonly [string, ...string[]];
  /** Code points beyond which the provider may cut the text. */
  readonly promptLimit: number;
  readonly negativePromptLimit: number;
}

/** Code points of a prompt; more are refused. */
export const LONGEST_TEXT = 8000;
export const LARGEST_SEED = 2_147_483_647;

/** A text of so many code points; lone surrogates are refused, as no UTF-8 can carry them on. */
function text(shortest: number, longest: number) {
  return z
    .string()
    .refine((value) => codePoints(value) >= shortest, { error: "must not be empty" })
    .refine((value) => codePoints(value) <= longest, { error: `must be at most ${longest} characters` })
    .refine((value) => value.isWellFormed(), { error: "must be valid Unicode" });
}

/** Pairs of metadata, and code points of their keys. */
const MOST_PAIRS = 16;
const LONGEST_KEY = 40;

const metadataKey = z
  .string()
  .refine((key) => key !== "" && codePoints(key) <= LONGEST_KEY, {
    error: `must have a key of 1 to ${LONGEST_KEY} characters`,
  })
  .refine((key) => key.isWellFormed(), { error: "must be valid Unicode" });

/** The one schema of a create request: types, checks and the OpenAPI document come from it. */
export function createRequestSchema(catalogue: Catalogue) {
  const sizes = catalogue.sizes.flatMap((size) => [size, size.replace("*", "x")]);
  return z
    .strictObject({
      prompt: text(1, LONGEST_TEXT).meta({
        description: "What to paint: 1 to 8,000 code points.",
        minLength: 1,
        maxLength: LONGEST_TEXT,
      }),
      negative_prompt: text(0, LONGEST_TEXT)
        .nullable()
        .default(null)
        .meta({ description: "What to keep out of the picture." }),
      model: z.enum(catalogue.models).default(catalogue.models[0]),
      size: z
        .enum(sizes)
        .default(catalogue.sizes[0])
        .meta({ description: "Width and height in pixels, written with * or x." }),
      n: z.literal(1).default(1),
      seed: z
        .int()
        .min(0)
        .max(LARGEST_SEED)
        .nullable()
        .default(null)
        .meta({ description: "Chosen and returned when absent." }),
      prompt_extend: z.boolean().default(true).meta({ description: "Let the provider enrich the prompt." }),
      watermark: z.boolean().default(false),
      metadata: z
        .record(metadataKey, text(0, 500))
        .superRefine(
          (pairs, { issues, addIssue }) => {
            // Those whose keys have faults are not among the pairs any more.
            const without = issues.filter(({ code }) => code === "invalid_key").length;
            if (Object.keys(pairs).length + without > MOST_PAIRS)
              addIssue(`must have at most ${MOST_PAIRS} entries`);
          },
          // The fault of a pair hides no other.
          { when: ({ value }) => typeof value === "object" && value !== null && !Array.isArray(value) },
        )
        .default({})
        .meta({
          description: "Your own pairs: at most 16, keys to 40, values to 500 characters.",
          maxProperties: MOST_PAIRS,
        }),
      on_unknown_outcome: z.enum(["fail", "retry"]).default("fail").meta({
        description: "Whether to paint again, and perhaps pay twice, when the provider's answer is lost.",
      }),
    })
    .meta({ id: "CreateGeneration" });
}

/** A checked create request, sizes written with `*`. */
export type CreateRequest = z.output<ReturnType<typeof createRequestSchema>>;

/**
 * Checks a create request.
 *
 * @throws InvalidInput that names every fault at once
 */
export function parseCreateRequest(
  schema: ReturnType<typeof createRequestSchema>,
  body: unknown,
): CreateRequest {
  return canonical(parseOrThrow(schema, body));
}

/** The request with its size as the provider writes it, so that both spellings are one intent. */
export function canonical(request: CreateRequest): CreateRequest {
  return { ...request, size: request.size.replace("x", "*") };
}

/** What the provider may do to long texts; the text itself is sent whole. */
export function warningsOf(request: CreateRequest, catalogue: Catalogue): string[] {
  const warnings: string[] = [];
  const check = (name: string, value: string, limit: number) => {
    const length = codePoints(value);
    if (length > limit)
      warnings.push(`${name} has ${length} characters; the provider may silently cut it after ${limit}.`);
  };
  check("prompt", request.prompt, catalogue.promptLimit);
  check("negative_prompt", request.negative_prompt ?? "", catalogue.negativePromptLimit);
  return warnings;
}

/** Tells whether two requests with one idempotency key are the same intent. */
export function requestHash(request: CreateRequest): string {
  const metadata = Object.entries(request.metadata).sort(([a], [b]) => (a < b ? -1 : 1));
  const { prompt, negative_prompt, model, size, n, seed, prompt_extend, watermark, on_unknown_outcome } =
    request;
  const intent = [
    prompt,
    negative_prompt,
    model,
    size,
    n,
    seed,
    prompt_extend,
    watermark,
    on_unknown_outcome,
    metadata,
  ];
  return createHash("sha256").update(JSON.stringify(intent)).digest("hex");
}

/** A seed for a request that leaves it to us. */
export function chooseSeed(random: () => number): number {
  return Math.floor(random() * (LARGEST_SEED + 1));
}

function codePoints(value: string): number {
  let count = 0;
  for (const _ of value) count++;
  return count;
}
