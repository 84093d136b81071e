import * as z from "zod";
import type { ProviderError } from "./provider-errors.ts";

/** The limits after which the provider cuts, silently. Counted in code points. */
const promptLimit = 800;
const negativePromptLimit = 500;

const models = ["qwen-image-max", "qwen-image-max-2025-12-30"];
const sizes = ["1664*928", "1472*1104", "1328*1328", "1104*1472", "928*1664"] as const;

const missing = (name: string): string =>
  `Required parameter(${name}) missing or invalid, please check the request parameters.`;

const bodySchema = z.object(
  {
    input: z.object(
      {
        messages: z
          .array(
            z.object(
              {
                role: z.literal("user", "messages[0].role must be user"),
                content: z
                  .array(
                    z.object(
                      { text: z.string("text must be a string").min(1, "text must not be empty") },
                      missing("text"),
                    ),
                    missing("content"),
                  )
                  .length(1, "content must hold exactly one text"),
              },
              missing("messages"),
            ),
            missing("messages"),
          )
          .length(1, "messages must hold exactly one message"),
      },
      missing("input"),
    ),
    parameters: z
      .object(
        {
          n: z.literal(1, "num_images_per_prompt must be 1").default(1),
          size: z.enum(sizes, `size must be in [${sizes.join(", ")}]`).default("1664*928"),
          seed: z
            .int("seed must be an integer in [0, 2147483647]")
            .min(0, "seed must be in [0, 2147483647]")
            .max(2147483647, "seed must be in [0, 2147483647]")
            .optional(),
          negative_prompt: z.string("negative_prompt must be a string").default(""),
          prompt_extend: z.boolean("prompt_extend must be a boolean").default(true),
          watermark: z.boolean("watermark must be a boolean").default(false),
        },
        missing("parameters"),
      )
      .prefault({}),
  },
  "Required body invalid, please check the request body format.",
);

/** A call the model would take. */
export interface GenerationRequest {
  readonly model: string;
  /** As received: the markers of a long prompt are read beyond the cut too. */
  readonly prompt: string;
  /** What the model sees. */
  readonly promptSeen: string;
  readonly negativePromptSeen: string;
  readonly size: string;
  readonly width: number;
  readonly height: number;
  readonly seed: number | undefined;
  readonly promptExtend: boolean;
  readonly watermark: boolean;
}

export type Validated =
  | { readonly accepted: true; readonly request: GenerationRequest }
  | { readonly accepted: false; readonly error: ProviderError };

/** The key of `Authorization: Bearer …`, or the provider's refusal. */
export function readKey(
  authorization: string | undefined,
  validKeys: readonly string[] | null,
): { readonly key: string } | { readonly error: ProviderError } {
  const key = /^Bearer +(\S+) *$/i.exec(authorization ?? "")?.[1];
  if (key === undefined) {
    return { error: { status: 401, code: "InvalidApiKey", message: "No API-key provided." } };
  }
  if (validKeys !== null && !validKeys.includes(key)) {
    return { error: { status: 401, code: "InvalidApiKey", message: "Invalid API-key provided." } };
  }
  return { key };
}

/** The provider's refusal of a model it does not have, or undefined. */
export function checkModel(model: unknown): ProviderError | undefined {
  if (typeof model !== "string" || model === "") return invalid(missing("model"));
  if (!models.includes(model)) return { status: 404, code: "ModelNotFound", message: "Model not exist." };
  return undefined;
}

/** Judges a body as the provider does: the first fault found is the one named. */
export function validateGeneration(text: string): Validated {
  const body = parseJson(text);
  const hasModel = z.object({ model: z.unknown().optional() }).safeParse(body);
  if (!hasModel.success) return refused("Required body invalid, please check the request body format.");
  const model = hasModel.data.model;
  const modelError = checkModel(model);
  if (modelError !== undefined) return { accepted: false, error: modelError };
  const parsed = bodySchema.safeParse(body);
  if (!parsed.success) return refused(parsed.error.issues[0]?.message ?? "invalid");
  const { input, parameters } = parsed.data;
  const prompt = input.messages[0]?.content[0]?.text ?? "";
  const [width, height] = parameters.size.split("*").map(Number);
  return {
    accepted: true,
    request: {
      model: String(model),
      prompt,
      promptSeen: cut(prompt, promptLimit),
      negativePromptSeen: cut(parameters.negative_prompt, negativePromptLimit),
      size: parameters.size,
      width: width ?? 0,
      height: height ?? 0,
      seed: parameters.seed,
      promptExtend: parameters.prompt_extend,
      watermark: parameters.watermark,
    },
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function cut(text: string, limit: number): string {
  const points = [...text];
  return points.length > limit ? points.slice(0, limit).join("") : text;
}

function invalid(message: string): ProviderError {
  return { status: 400, code: "InvalidParameter", message };
}

function refused(message: string): Validated {
  return { accepted: false, error: invalid(message) };
}
