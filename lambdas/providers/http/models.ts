import * as z from "zod";
import { LARGEST_SEED, LONGEST_TEXT } from "../../generations/request.ts";
import { NO_BODY, NO_HEADERS, NO_QUERY, operation } from "../../http/operation.ts";
import { json } from "../../http/reply.ts";
import { type ModelFacts, modelsOf, type Region } from "../dashscope/models.ts";

const modelSchema = z
  .object({
    id: z.string(),
    object: z.literal("model"),
    created: z.int().meta({ description: "Unix time in seconds." }),
    owned_by: z.string(),
    status: z.enum(["current", "legacy"]),
    snapshot: z.string().meta({ description: "The dated model that answers for this name today." }),
    region: z.enum(["sg", "bj"]),
    sizes: z.array(z.string()),
    default_size: z.string(),
    limits: z.object({
      images_per_request: z.int(),
      prompt_characters: z.int().meta({ description: "More are refused." }),
      prompt_characters_read: z
        .int()
        .meta({ description: "The provider may cut what is longer; a warning says so." }),
      negative_prompt_characters_read: z.int(),
      largest_seed: z.int(),
      requests_per_minute: z.number().meta({ description: "Of the whole service; more are queued." }),
    }),
    price: z.object({ cost: z.string(), currency: z.string(), per: z.literal("image") }),
  })
  .meta({ id: "Model" });

const listSchema = z
  .object({ object: z.literal("list"), data: z.array(modelSchema) })
  .meta({ id: "ModelList" });

/** Both names mean the snapshot of this day. */
const RELEASED = Date.parse("2025-12-30T00:00:00Z") / 1000;

interface ModelsNeeds {
  readonly region: Region;
  /** Of the provider, for the whole service. */
  readonly providerRequestsPerMinute: number;
}

/** `GET /v1/models`, which OpenAI's SDKs read too. */
export const listModels = operation({
  method: "GET",
  path: "/v1/models",
  operationId: "listModels",
  tag: "OpenAI",
  summary: "List the models",
  description: "In the shape of OpenAI's list, with sizes, limits and prices.",
  requestHeaders: NO_HEADERS,
  query: NO_QUERY,
  body: NO_BODY,
  answers: { 200: { description: "The models of this service.", schema: listSchema } },
  problems: [],
  async handle(_call, { region, providerRequestsPerMinute: quota }: ModelsNeeds) {
    return json(200, { object: "list", data: modelsOf(region).map((facts) => modelOf(facts, quota)) });
  },
});

function modelOf(facts: ModelFacts, requestsPerMinute: number): z.input<typeof modelSchema> {
  return {
    id: facts.model,
    object: "model",
    created: RELEASED,
    owned_by: "alibaba-cloud",
    status: facts.status,
    snapshot: facts.snapshot,
    region: facts.region,
    sizes: [...facts.sizes],
    default_size: facts.defaultSize,
    limits: {
      images_per_request: facts.n,
      prompt_characters: LONGEST_TEXT,
      prompt_characters_read: facts.promptLimit,
      negative_prompt_characters_read: facts.negativePromptLimit,
      largest_seed: LARGEST_SEED,
      requests_per_minute: requestsPerMinute,
    },
    price: { ...facts.price, per: "image" },
  };
}
