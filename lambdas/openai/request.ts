import * as z from "zod";
import {
  addModelFaults,
  type CreateRequest,
  modelFaults,
  type RequestSchema,
} from "../generations/request.ts";
import { parseOrThrow } from "../platform/faults.ts";
import type { Offer } from "../providers/registry.ts";
import { OPENAI_SIZES, paintedSize } from "./sizes.ts";

/** Fields of OpenAI's own models. Accepted and ignored; none of them may be one of ours. */
const IGNORED = [
  "background",
  "complexity",
  "frame_count",
  "frame_duration_ms",
  "input_fidelity",
  "moderation",
  "output_compression",
  "output_format",
  "partial_images",
  "quality",
  "safety_identifier",
  "style",
  "svg",
  "user",
];

/** The body of a request in OpenAI's shape: OpenAI's fields, and all that say how to paint as over REST. */
export function openAiRequestSchema(schema: RequestSchema, offer: Offer) {
  const { prompt, model, size, n, metadata: _, on_unknown_outcome: __, ...own } = schema.in.shape;
  const { enum: sizes, ...meta } = size.meta() ?? {};
  const known = offer.models.map(({ id }) => id);
  return z
    .strictObject({
      prompt,
      model: z
        .enum(known, { error: ({ input }) => unknownModel(input, known) })
        .nullish()
        .meta({ description: "One of this service's models; the first by default." }),
      n: n
        .unwrap()
        .nullish()
        .meta({ description: "Pictures; 1 by default, and as many as the model allows." }),
      size: z
        .string()
        .nullish()
        .meta({
          ...meta,
          ...(Array.isArray(sizes) && { enum: [...new Set(["auto", ...OPENAI_SIZES, ...sizes]), null] }),
          description:
            "Width and height in pixels; `auto` is the model's default. OpenAI's own sizes become the model's size nearest in shape, which `x-image-size` tells.",
        }),
      response_format: z.enum(["url", "b64_json"]).nullish().meta({
        description:
          "`url` by default: a presigned address that lives for an hour. `b64_json` for pictures up to 4.4 MB.",
      }),
      stream: z
        .literal(false, {
          error: "must be false: pictures are not streamed, the answer comes when it is there",
        })
        .nullish()
        .meta({ description: "Streaming is not possible." }),
      ...own,
      ...Object.fromEntries(
        IGNORED.map((name) => [name, z.unknown().optional().meta({ description: "Ignored." })]),
      ),
    })
    .superRefine(
      (body, context) => {
        addModelFaults(context, modelFaults(asOverRest(body, offer), offer).map(inOpenAisWords));
      },
      // The fault of a field hides no other.
      { when: ({ value }) => typeof value === "object" && value !== null },
    )
    .meta({ id: "OpenAiImageRequest" });
}

export type OpenAiRequest = z.output<ReturnType<typeof openAiRequestSchema>>;

/** The request that one in OpenAI's shape stands for. */
export function requestOf(body: OpenAiRequest, schema: RequestSchema, offer: Offer): CreateRequest {
  return schema.parse(asOverRest(body, offer));
}

/** Checks a body of this door, such as a line of OpenAI's Batch API has. It throws InvalidInput. */
export function readOpenAiBody(schema: RequestSchema, offer: Offer): (body: unknown) => CreateRequest {
  const checked = openAiRequestSchema(schema, offer);
  return (body) => requestOf(parseOrThrow(checked, body), schema, offer);
}

/** Its fields as they are named and written over REST, without those that only OpenAI knows. */
function asOverRest(body: OpenAiRequest, offer: Offer) {
  const { response_format: _, stream: __, model, size, n, ...others } = body;
  const chosen = model ?? offer.models[0].id;
  const rule = (offer.modelOf(chosen) ?? offer.models[0]).size;
  return {
    ...Object.fromEntries(Object.entries(others).filter(([name]) => !IGNORED.includes(name))),
    model: chosen,
    // Read of a body with faults too, where it may be anything.
    size: typeof size === "string" ? paintedSize(size, rule) : undefined,
    n: n ?? undefined,
  };
}

/** Sizes are written with an `x` at this door, and it takes more of them. */
function inOpenAisWords({ field, detail }: { readonly field: string; readonly detail: string }) {
  if (field !== "size") return { field, detail };
  const written = detail.replaceAll(/(?<=\d)\*(?=\d)/g, "x");
  return { field, detail: `${written}; auto and OpenAI's own ${OPENAI_SIZES.join(", ")} are taken too` };
}

function unknownModel(asked: unknown, known: readonly string[]): string {
  const models = `this service has ${known.join(", ")}`;
  return typeof asked === "string"
    ? `${asked.slice(0, 100)} is not offered here; ${models}`
    : `must be a model; ${models}`;
}
