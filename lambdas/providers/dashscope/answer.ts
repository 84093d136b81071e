import * as z from "zod";
import { isRecord } from "../../platform/is-record.ts";
import {
  type FoundPicture,
  type IsResultUrl,
  listsResults,
  picturesAtKnownPlaces,
} from "./answer-pictures.ts";
import { picturesInText } from "./answer-text.ts";

/** What is read of an answer; everything is null where it is absent or of an unexpected kind. */
export interface Answer {
  readonly code: string | null;
  readonly message: string | null;
  readonly requestId: string | null;
  /** In the order of the answer. */
  readonly pictures: readonly FoundPicture[];
  /** True when the answer lists results, as only a call that painted does. */
  readonly hasOutput: boolean;
  readonly width: number | null;
  readonly height: number | null;
}

export interface ReadOptions {
  /** False where the text broke off. */
  readonly complete: boolean;
  readonly isResultUrl: IsResultUrl;
  /** What the request said: an address that the answer only repeats is no picture. */
  readonly echo: string;
}

/** Longer text is not parsed, only searched: a true answer is about 1 KB, and the rest would be held several times over. */
const LONGEST_JSON = 8 * 1024 * 1024;

const text = z.string().min(1).nullable().catch(null);
const pixels = z.coerce.number().int().positive().max(100_000).nullable().catch(null);

/**
 * The few fields needed, each allowed to be missing or strange. `error` is the shape of the provider's OpenAI-compatible
 * side.
 */
const answerSchema = z.object({
  code: text,
  message: text,
  request_id: text,
  error: z.object({ code: text, message: text }).nullable().catch(null),
  usage: z
    .object({ width: pixels, height: pixels, output_width: pixels, output_height: pixels })
    .nullable()
    .catch(null),
});

/**
 * Reads the text of an answer, whatever its framing: whatever the provider adds or changes, an image that was paid for
 * is still found. Null where there is neither JSON nor a picture. Never throws.
 */
export function readAnswer(body: string, options: ReadOptions): Answer | null {
  const documents = documentsOf(body);
  const known = documents.flatMap((document) => picturesAtKnownPlaces(document, options.isResultUrl));
  const pictures = known.length > 0 ? known : picturesInText(body, options);
  if (documents.length === 0) return pictures.length === 0 ? null : fromText(body, pictures);
  const read = documents.flatMap((document) => answerSchema.safeParse(document).data ?? []);
  const first = <Value>(pick: (answer: z.infer<typeof answerSchema>) => Value | null | undefined) =>
    read.map(pick).find((value) => value !== null && value !== undefined) ?? null;
  return {
    code: first(({ code, error }) => code ?? error?.code),
    message: first(({ message, error }) => message ?? error?.message),
    requestId: first(({ request_id }) => request_id),
    pictures: distinct(pictures),
    hasOutput: documents.some(listsResults),
    width: first(({ usage }) => usage?.width ?? usage?.output_width),
    height: first(({ usage }) => usage?.height ?? usage?.output_height),
  };
}

/** The JSON objects of a text: itself, the items of a list, or the data of its events. Empty where there are none. */
function documentsOf(body: string): readonly unknown[] {
  if (body.length > LONGEST_JSON) return [];
  const whole = parsed(body);
  if (whole !== undefined) return objectsIn(whole);
  return [...body.matchAll(/^data:(.*)$/gm)].flatMap(([, data = ""]) => objectsIn(parsed(data)));
}

function objectsIn(json: unknown): readonly unknown[] {
  const all: readonly unknown[] = Array.isArray(json) ? json : [json];
  return all.filter(isRecord);
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

/** A picture in a text that is no JSON. Its code and message would prove nothing beside a picture. */
function fromText(body: string, pictures: readonly FoundPicture[]): Answer {
  const member = (name: string, value: string) =>
    new RegExp(`"${name}"\\s*:\\s*"?(${value})`).exec(body)?.[1] ?? null;
  return {
    code: null,
    message: null,
    requestId: member("request_id", "[\\w-]{1,100}"),
    pictures,
    hasOutput: false,
    width: pixels.parse(member("(?:output_)?width", "\\d{1,6}")),
    height: pixels.parse(member("(?:output_)?height", "\\d{1,6}")),
  };
}

/** Events repeat what earlier ones said. */
function distinct(pictures: readonly FoundPicture[]): readonly FoundPicture[] {
  const seen = new Set<string>();
  return pictures.filter((picture) => {
    if (picture.kind === "inline") return true;
    const isNew = !seen.has(picture.address);
    seen.add(picture.address);
    return isNew;
  });
}
