import * as z from "zod";
import { parseOrThrow } from "../platform/faults.ts";
import { isRecord } from "../platform/is-record.ts";
import type { ModelFields, PaintRequest } from "../providers/port.ts";
import type { Offer, OfferedModel } from "../providers/registry.ts";
import { sizeFault } from "../providers/sizes.ts";

/** Code points of a prompt; more are refused. */
const LONGEST_TEXT = 8000;
const LARGEST_SEED = 2_147_483_647;

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

/**
 * The one schema of a create request: types, checks, defaults and the OpenAPI document come from it. What depends on the
 * model is checked at the chosen one.
 */
export function createRequestSchema(offer: Offer) {
  const { models } = offer;
  return z
    .strictObject({
      prompt: text(1, LONGEST_TEXT)
        .refine((value) => value === "" || value.trim() !== "", { error: "must not be blank" })
        .meta({
          description:
            "What to paint: 1 to 8,000 code points, not blank. What is longer than `prompt.limit` of `GET /v1/models` (800 characters for `qwen-image-max`) is sent whole: the provider may cut it, and `warnings` says so.",
          minLength: 1,
          maxLength: LONGEST_TEXT,
        }),
      negative_prompt: text(0, LONGEST_TEXT)
        .nullable()
        .default(null)
        .meta({ description: "What to keep out of the picture." }),
      model: z.enum(models.map(({ id }) => id)).default(models[0].id),
      size: z
        .string()
        .optional()
        .meta({
          description: "Width and height in pixels, written with * or x; the model's default when absent.",
          ...sizesIn(models),
        }),
      n: z
        .int()
        .min(1)
        .default(1)
        .meta({ maximum: Math.max(...models.map(({ images }) => images.max)) }),
      seed: z
        .int()
        .min(0)
        .max(LARGEST_SEED)
        .nullable()
        .default(null)
        .meta({ description: "Chosen and returned when absent." }),
      prompt_extend: z
        .boolean()
        .nullish()
        .meta({
          description: "Let the provider enrich the prompt; the model's default when absent.",
          ...agreed(
            "default",
            models.map(({ fields }) => fields.prompt_extend?.default),
          ),
        }),
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
          { when: ({ value }) => isRecord(value) },
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
    .superRefine(
      (request, context) => addModelFaults(context, modelFaults(request, offer)),
      // The fault of a field hides no other.
      { when: ({ value }) => isRecord(value) },
    )
    .meta({ id: "CreateGeneration" })
    .transform((request) => {
      const { size, fields } = offer.modelOf(request.model) ?? models[0];
      return {
        ...request,
        // As the provider writes it, so that both spellings are one intent.
        size: (request.size ?? size.default).replace("x", "*"),
        prompt_extend: request.prompt_extend ?? fields.prompt_extend?.default ?? null,
      };
    });
}

export type RequestSchema = ReturnType<typeof createRequestSchema>;

/** A checked create request: sizes written with `*`, what is absent filled in as the model has it. */
export type CreateRequest = z.output<RequestSchema>;

/** What a provider is asked for, as it is kept and shown: every field of a request but those that are for us alone. */
export const inputSchema = z
  .object({
    prompt: z.string(),
    negative_prompt: z.string().nullable(),
    size: z.string(),
    n: z.int(),
    seed: z.int(),
    prompt_extend: z.boolean().nullable(),
    watermark: z.boolean(),
  } satisfies Placed)
  .meta({ id: "GenerationInput", description: "What was asked." });

/** A field that a request has and the record or the provider's port has not, or the other way round, does not compile. */
type Placed = {
  [Field in keyof Omit<CreateRequest, "model" | "metadata" | "on_unknown_outcome">]: z.ZodType<
    PaintRequest[Field]
  >;
} & { [Field in keyof Omit<PaintRequest, "model">]: z.ZodType<CreateRequest[Field]> };

/** What a request asks a provider for, with its seed. */
export function inputOf(
  { model: _, metadata: __, on_unknown_outcome: ___, ...asked }: CreateRequest,
  seed: number,
): z.infer<typeof inputSchema> {
  return { ...asked, seed };
}

/** Where a request, checked or not, is beyond the model that it chose. None while the model itself is not known. */
export function modelFaults(
  request: Readonly<Record<string, unknown>>,
  offer: Offer,
): { readonly field: string; readonly detail: string }[] {
  const model = offer.modelOf(String(request["model"]));
  if (model === null) return [];
  const { size, n } = request;
  const faults: { field: string; detail: string }[] = [];
  const sizeDetail = typeof size === "string" ? sizeFault(size.replace("x", "*"), model.size) : null;
  if (sizeDetail !== null) faults.push({ field: "size", detail: `${sizeDetail} for ${model.id}` });
  if (typeof n === "number" && n > model.images.max)
    faults.push({ field: "n", detail: `must be at most ${model.images.max} for ${model.id}` });
  for (const field of MODEL_FIELDS) {
    if (field in model.fields || (request[field] ?? null) === null) continue;
    const knowing = offer.models.filter(({ fields }) => field in fields).map(({ id }) => id);
    const others = knowing.length === 0 ? "no model here knows it" : `known to ${knowing.join(", ")}`;
    faults.push({ field, detail: `is not a field of ${model.id}; ${others}` });
  }
  return faults;
}

/** Adds faults of the model to those of a check, but none of a field that has one already: it would say otherwise. */
export function addModelFaults(
  { issues, addIssue }: z.core.$RefinementCtx,
  faults: ReturnType<typeof modelFaults>,
): void {
  const faulty = new Set(issues.map(({ path }) => path?.[0]));
  for (const { field, detail } of faults)
    if (!faulty.has(field)) addIssue({ code: "custom", path: [field], message: detail });
}

/** The fields that not every model knows. */
const MODEL_FIELDS = Object.keys({
  negative_prompt: true,
  prompt_extend: true,
} satisfies Record<keyof ModelFields, true>);

/** The sizes of all models for the OpenAPI document: each by name, or their form where a model takes a range. */
function sizesIn(models: Offer["models"]): Record<string, unknown> {
  const lists = models.map(({ size }) => (size.rule === "list" ? size.values : null));
  const known = lists.every((values) => values !== null);
  return {
    ...(known
      ? { enum: [...new Set(lists.flat())].flatMap((size) => [size, size.replace("*", "x")]) }
      : { pattern: String.raw`^\d+[*x]\d+$` }),
    ...agreed(
      "default",
      models.map(({ size }) => size.default),
    ),
  };
}

/** What all models agree on, by a name; nothing where they do not. */
function agreed<Value>(name: string, [first, ...others]: readonly Value[]): Record<string, Value> {
  return first === undefined || others.some((other) => other !== first) ? {} : { [name]: first };
}

/**
 * Checks a create request.
 *
 * @throws InvalidInput that names every fault at once
 */
export function parseCreateRequest(schema: RequestSchema, body: unknown): CreateRequest {
  return parseOrThrow(schema, body);
}

/** What the provider may do to long texts; the text itself is sent whole. */
export function warningsOf(request: CreateRequest, { prompt, fields }: OfferedModel): string[] {
  const warnings: string[] = [];
  const check = (name: string, value: string, limit: number, unit: string) => {
    const length = codePoints(value);
    if (length > limit)
      warnings.push(
        `${name} has ${length} characters; the provider may silently cut it after ${limit}${unit}.`,
      );
  };
  // Tokens are not counted here; a text of more characters than that is likely to be too long.
  check("prompt", request.prompt, prompt.limit, prompt.unit === "tokens" ? " tokens" : "");
  const limit = fields.negative_prompt?.limit ?? null;
  if (limit !== null) check("negative_prompt", request.negative_prompt ?? "", limit, "");
  return warnings;
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
