import * as z from "zod";
import { NO_BODY, NO_HEADERS, NO_QUERY, operation } from "../../http/operation.ts";
import { json } from "../../http/reply.ts";
import { ServiceError } from "../../platform/service-error.ts";
import type { Offer, OfferedModel } from "../registry.ts";

const size = z.string().meta({ example: "1664*928" });

const modelSchema = z
  .object({
    id: z.string(),
    object: z.literal("model"),
    created: z.int().meta({ description: "Unix time in seconds." }),
    owned_by: z.string(),
    status: z.enum(["current", "legacy"]).meta({
      id: "ModelStatus",
      description:
        "Where its maker files it. A `legacy` model is painted as before and no end is announced: its maker has newer ones, and `successor` names the one that follows it, if any.",
    }),
    successor: z.string().nullable().meta({ description: "The model that its maker names to follow it." }),
    snapshot: z.string().meta({ description: "The dated model that answers for this name today." }),
    size: z
      .discriminatedUnion("rule", [
        z
          .object({ rule: z.literal("list"), values: z.array(size), default: size })
          .meta({ id: "ModelSizeList", description: "One of these." }),
        z
          .object({
            rule: z.literal("range"),
            min_pixels: z.int(),
            max_pixels: z.int(),
            widest: z
              .string()
              .meta({ description: "The longer to the shorter side, at most.", example: "8:1" }),
            default: size,
            suggested: z.array(size),
          })
          .meta({ id: "ModelSizeRange", description: "Any size within these bounds." }),
      ])
      .meta({ description: "One of a list, or any size within a range." }),
    images: z
      .object({ max: z.int().meta({ description: "In one request: `n` at most." }) })
      .meta({ id: "ModelImages", description: "How many pictures." }),
    fields: z.record(z.string(), z.union([z.int(), z.literal(true)])).meta({
      description:
        "The fields that not every model knows: `true`, or how many characters the provider reads. Others of them are refused.",
    }),
    prompt: z
      .object({ limit: z.int(), unit: z.enum(["characters", "tokens"]) })
      .meta({ id: "ModelPrompt", description: "The provider may cut what is longer; a warning says so." }),
    pricing: z
      .object({
        currency: z.string(),
        output: z
          .array(
            z
              .object({ up_to_pixels: z.int().nullable(), cost: z.string() })
              .meta({ id: "ModelPrice", description: "The price of an image up to a size." }),
          )
          .meta({ description: "For each image, by its pixels: the first tier that holds it." }),
      })
      .meta({ id: "ModelPricing", description: "What an image costs." }),
    requests_per_minute: z.number().meta({ description: "Of the whole service; more are queued." }),
    recoverable: z.boolean().meta({ description: "Whether an answer that was lost can be found again." }),
  })
  .meta({ id: "Model" });

const listSchema = z
  .object({ object: z.literal("list"), data: z.array(modelSchema) })
  .meta({ id: "ModelList" });

interface ModelsNeeds {
  readonly offer: Offer;
  /** Requests per minute of a model. */
  readonly quotaOf: (model: string) => number;
}

/** `GET /v1/models`, which OpenAI's SDKs read too. */
export const listModels = operation({
  method: "GET",
  path: "/v1/models",
  operationId: "listModels",
  tag: "OpenAI",
  summary: "List the models",
  description: "In the shape of OpenAI's list, with sizes, fields, limits and prices.",
  requestHeaders: NO_HEADERS,
  query: NO_QUERY,
  body: NO_BODY,
  answers: { 200: { description: "The models of this service.", schema: listSchema } },
  problems: [],
  async handle(_call, { offer, quotaOf }: ModelsNeeds) {
    return json(200, { object: "list", data: offer.models.map((model) => viewOf(model, quotaOf)) });
  },
});

/** `GET /v1/models/{id}`. */
export const readModel = operation({
  method: "GET",
  path: "/v1/models/{id}",
  operationId: "readModel",
  tag: "OpenAI",
  summary: "Read a model",
  description: "One model of the list.",
  requestHeaders: NO_HEADERS,
  query: NO_QUERY,
  body: NO_BODY,
  answers: { 200: { description: "The model.", schema: modelSchema } },
  problems: ["not_found"],
  async handle({ id }, { offer, quotaOf }: ModelsNeeds) {
    return json(200, viewOf(known(id, offer), quotaOf));
  },
});

function known(id: string, { modelOf }: Offer): OfferedModel {
  const model = modelOf(id);
  if (model !== null) return model;
  throw new ServiceError("not_found", { detail: "There is no such model here: GET /v1/models lists them." });
}

function viewOf(model: OfferedModel, quotaOf: (id: string) => number): z.input<typeof modelSchema> {
  const { id, created, owner, status, successor, snapshot, size, images, prompt, pricing, recoverable } =
    model;
  return {
    id,
    object: "model",
    created,
    owned_by: owner,
    status,
    successor,
    snapshot,
    size:
      size.rule === "list"
        ? { ...size, values: [...size.values] }
        : { ...size, suggested: [...size.suggested] },
    images,
    fields: fieldsOf(model),
    prompt,
    pricing: { ...pricing, output: [...pricing.output] },
    requests_per_minute: quotaOf(id),
    recoverable,
  };
}

function fieldsOf({ fields }: OfferedModel): Record<string, number | true> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, fact]) => [name, "limit" in fact ? (fact.limit ?? true) : true]),
  );
}
