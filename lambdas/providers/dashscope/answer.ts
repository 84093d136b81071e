import * as z from "zod";
import { upgradeToHttps } from "./result-hosts.ts";

/** What is read of an answer; everything is null where it is absent or of an unexpected kind. */
export interface Answer {
  readonly code: string | null;
  readonly message: string | null;
  readonly requestId: string | null;
  /** The first image whose address is one, upgraded to https. */
  readonly imageUrl: string | null;
  /** True when the answer lists choices, as only a call that painted does. */
  readonly hasOutput: boolean;
  readonly width: number | null;
  readonly height: number | null;
}

const text = z.string().min(1).nullable().catch(null);
const pixels = z.int().positive().nullable().catch(null);

/** A list read item by item, empty where it is no list: one odd item must not hide its neighbours. */
function lenientList<Item extends z.ZodType>(item: Item) {
  return z.array(item).catch([]);
}

/**
 * The few fields needed, each allowed to be missing or strange: whatever the provider adds or changes elsewhere, an
 * image that was paid for is still found. `error` is the shape of the provider's OpenAI-compatible side.
 */
const answerSchema = z.object({
  code: text,
  message: text,
  request_id: text,
  error: z.object({ code: text, message: text }).nullable().catch(null),
  output: z
    .object({
      choices: lenientList(
        z
          .object({
            message: z
              .object({ content: lenientList(z.object({ image: text }).catch({ image: null })) })
              .catch({ content: [] }),
          })
          .catch({ message: { content: [] } }),
      ),
    })
    .catch({ choices: [] }),
  usage: z
    .object({ width: pixels, height: pixels, output_width: pixels, output_height: pixels })
    .nullable()
    .catch(null),
});

/** Reads the body of an answer; null when it is not a JSON object. Never throws. */
export function readAnswer(body: string): Answer | null {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    return null;
  }
  if (Array.isArray(json)) return null;
  const parsed = answerSchema.safeParse(json);
  if (!parsed.success) return null;
  const { code, message, request_id, error, output, usage } = parsed.data;
  return {
    code: code ?? error?.code ?? null,
    message: message ?? error?.message ?? null,
    requestId: request_id,
    imageUrl: firstImage(output.choices.flatMap((choice) => choice.message.content)),
    hasOutput: output.choices.length > 0,
    width: usage?.width ?? usage?.output_width ?? null,
    height: usage?.height ?? usage?.output_height ?? null,
  };
}

function firstImage(parts: readonly { readonly image: string | null }[]): string | null {
  for (const { image } of parts) {
    const address = image?.trim() ?? "";
    if (/^https?:\/\//i.test(address) && URL.canParse(address)) return upgradeToHttps(address);
  }
  return null;
}
