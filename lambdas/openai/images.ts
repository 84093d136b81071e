import * as z from "zod";
import { billedOf } from "../generations/billed.ts";
import { problemOfEnd } from "../generations/problem-of-end.ts";
import { hasEnded, readUntil, type WaitNeeds } from "../generations/read.ts";
import { type EndedGeneration, isOpen, type Succeeded } from "../generations/record.ts";
import { type CreateRequest, modelFaults, type RequestSchema } from "../generations/request.ts";
import type { ApiRequest } from "../http/api-request.ts";
import { cancelAfter, idempotencyKey } from "../http/header-schemas.ts";
import { BODY_FAULTS, NO_QUERY, type Operation, operation } from "../http/operation.ts";
import { json, type Reply, refusal } from "../http/reply.ts";
import type { ImageStore } from "../images/bucket.ts";
import { parseOrThrow } from "../platform/faults.ts";
import { ENDS, ServiceError } from "../platform/problems.ts";
import type { Offer } from "../providers/registry.ts";
import { isToldOfPause, lateness, NotInTime, withdraw } from "./in-time.ts";
import { ledgerKey } from "./ledger-table.ts";
import { noteDelivered, type SendNeeds, sendOnce } from "./send-once.ts";

type OpenAiNeeds = SendNeeds &
  WaitNeeds & {
    readonly images: Pick<ImageStore, "address" | "bytes">;
    /** Longest wait for an ended generation within one request, in seconds. */
    readonly longestWait: number;
    readonly signal: (
      name: "ResendsJoined" | "GenerationsAccepted",
      fields: { readonly generation_id: string },
    ) => void;
  };

const requestHeaders = z.object({
  "idempotency-key": idempotencyKey,
  "cancel-after": cancelAfter,
  "x-stainless-retry-count": z
    .string()
    .default("0")
    .transform((text) => (/^\d{1,6}$/.test(text) ? Number(text) : 0))
    .meta({
      description:
        "Sent by OpenAI's SDKs: above 0, the request joins the generation that its first send started.",
      override: { type: "integer", minimum: 0, default: 0 },
    }),
});

/** Fields of OpenAI's own models. Accepted and ignored. */
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
  "user",
];

function bodySchema(schema: RequestSchema, offer: Offer) {
  const { prompt, model, size, n } = schema.in.shape;
  const { enum: sizes, ...meta } = size.meta() ?? {};
  return z
    .strictObject({
      prompt,
      model: model
        .unwrap()
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
          ...(Array.isArray(sizes) && { enum: ["auto", ...sizes, null] }),
          description: "Width and height in pixels; `auto` is the model's default.",
        }),
      response_format: z.enum(["url", "b64_json"]).nullish().meta({
        description:
          "`url` by default: a presigned address that lives for an hour. `b64_json` for pictures up to 4.4 MB.",
      }),
      stream: z.literal(false).nullish().meta({ description: "Streaming is not possible." }),
      ...Object.fromEntries(
        IGNORED.map((name) => [name, z.unknown().optional().meta({ description: "Ignored." })]),
      ),
    })
    .superRefine(
      ({ model: chosen, size, n }, { addIssue }) => {
        // Not the ignored fields: one of them may have the name of a field of ours, and then another meaning.
        const request = { model: chosen ?? offer.models[0].id, size: sizeIn({ size }), n };
        for (const { field, detail } of modelFaults(request, offer))
          addIssue({ code: "custom", path: [field], message: detail });
      },
      // The fault of a field hides no other.
      { when: ({ value }) => typeof value === "object" && value !== null },
    )
    .meta({ id: "OpenAiImageRequest" });
}

type Body = z.output<ReturnType<typeof bodySchema>>;

const picture = z
  .object({ url: z.url().optional(), b64_json: z.string().optional() })
  .meta({ id: "OpenAiImage", description: "A picture, by its address or in base 64." });

const answerSchema = z
  .object({
    created: z.int().meta({ description: "Unix time in seconds." }),
    data: z.array(picture).length(1),
  })
  .meta({ id: "OpenAiImages" });

/** Base 64 makes four bytes of three, and the answer must stay below Lambda's 6 MB. */
const MOST_INLINE_BYTES = 4_400_000;

/** Checks a body of this door, such as a line of OpenAI's Batch API has. It throws InvalidInput. */
export function readOpenAiBody(schema: RequestSchema, offer: Offer): (body: unknown) => CreateRequest {
  const checked = bodySchema(schema, offer);
  return (body) => intentOf(parseOrThrow(checked, body), schema);
}

/** `POST /v1/images/generations`: OpenAI's Images API, for its unmodified SDKs. */
export function createOpenAiImage(schema: RequestSchema, offer: Offer): Operation<OpenAiNeeds> {
  return operation({
    method: "POST",
    path: "/v1/images/generations",
    operationId: "createOpenAiImage",
    tag: "OpenAI",
    summary: "Create a picture, OpenAI's way",
    description:
      "For unmodified OpenAI SDKs: `client.images.generate({ model, prompt })`. It is the same job as a generation, named by `x-generation-id`. An SDK's re-sends join the first one's generation; none is painted twice. Fields that only OpenAI's models know are accepted and ignored.",
    requestHeaders,
    query: NO_QUERY,
    body: bodySchema(schema, offer),
    bodyExamples: {
      shortest: { prompt: "A red fox in fresh snow, morning light" },
      inline: {
        model: "qwen-image-max",
        prompt: "A red fox",
        size: "1328x1328",
        response_format: "b64_json",
      },
    },
    answers: {
      200: {
        description: "The picture.",
        schema: answerSchema,
        headers: ["x-generation-id", "Idempotent-Replayed"],
        examples: {
          url: {
            created: 1772366421,
            data: [
              {
                url: "https://image-service-prod.s3.amazonaws.com/generations/gen_3x7m9qk2v5t8r4w6y1z0abcdef.png?X-Amz-Signature=...",
              },
            ],
          },
        },
      },
    },
    problems: [...BODY_FAULTS, "idempotency_key_reused", "conflict", "gone", "budget_exceeded", ...ENDS],
    problemHeaders: ["x-generation-id", "x-should-retry", "Idempotent-Replayed"],
    async handle({ caller, headers, body, request }, dependencies: OpenAiNeeds) {
      const key = headers["idempotency-key"] ?? null;
      const deadline = headers["cancel-after"];
      const until = Math.min(dependencies.now() + dependencies.longestWait * 1000, request.answerBy);
      const sending = {
        key: ledgerKey(caller, request.body),
        retryCount: headers["x-stainless-retry-count"],
        until,
      };
      const intent = {
        request: intentOf(body, schema),
        owner: caller.owner,
        lane: "interactive",
        idempotencyKey: key,
        ...(deadline !== undefined && { deadlineSeconds: deadline }),
      } as const;
      const sent = await sendOnce(intent, sending, dependencies).catch(orNotInTime);
      if (sent instanceof NotInTime) return refusal(sent, request, FINAL);
      const { generation, replayed } = sent;
      dependencies.signal(replayed ? "ResendsJoined" : "GenerationsAccepted", {
        generation_id: generation.id,
      });

      const { version } = generation;
      let latest = await readUntil(
        generation,
        (each) => hasEnded(each) || (each.version > version && isToldOfPause(each)),
        until,
        dependencies,
      );
      // An earlier call's, found by its key: its caller may still be waiting for it elsewhere.
      const isAnothers = replayed && key !== null && sending.retryCount === 0;
      const late = latest.state === "queued" && !isAnothers ? await lateness(latest, dependencies) : null;
      if (latest.state === "queued" && late !== null) latest = await withdraw(latest, dependencies);
      const named = {
        "x-generation-id": latest.id,
        ...(replayed && key !== null && { "Idempotent-Replayed": "true" }),
      };
      if (late !== null && latest.state === "canceled") {
        if (key === null) await noteDelivered(latest, sending.key, dependencies);
        return refusal(late, request, { ...named, ...FINAL });
      }
      if (isOpen(latest)) return refusal(notYet(latest), request, { ...named, "x-should-retry": "true" });
      const final = await finalReply(latest, { body, request, named }, dependencies);
      if (key === null) await noteDelivered(latest, sending.key, dependencies);
      return final;
    },
  });
}

/** Sent again, the request would fare no better. */
const FINAL = { "x-should-retry": "false" } as const;

function orNotInTime(error: unknown): NotInTime {
  if (error instanceof NotInTime) return error;
  throw error;
}

/** What is answered once a generation has ended: its picture, or the problem of its end. */
async function finalReply(
  generation: EndedGeneration,
  { body, request, named }: { body: Body; request: ApiRequest; named: Readonly<Record<string, string>> },
  dependencies: Pick<OpenAiNeeds, "images">,
): Promise<Reply> {
  try {
    return json(200, await answerOf(generation, body, dependencies), named);
  } catch (error) {
    // Sent again, the request would only read the same end again.
    if (error instanceof ServiceError) return refusal(error, request, { ...named, ...FINAL });
    throw error;
  }
}

function intentOf({ prompt, model, size, n }: Body, schema: RequestSchema): CreateRequest {
  return schema.parse({ prompt, model: model ?? undefined, size: sizeIn({ size }), n: n ?? undefined });
}

function sizeIn({ size }: Pick<Body, "size">): string | undefined {
  return size === "auto" ? undefined : (size ?? undefined);
}

async function answerOf(
  generation: EndedGeneration,
  { response_format }: Body,
  { images }: Pick<OpenAiNeeds, "images">,
): Promise<z.input<typeof answerSchema>> {
  const image = imageOf(generation);
  const created = Math.floor(Date.parse(generation.completed_at) / 1000);
  if (response_format !== "b64_json") {
    const { url } = await images.address(image);
    return { created, data: [{ url }] };
  }
  if (image.bytes > MOST_INLINE_BYTES)
    throw new ServiceError("invalid_request", {
      detail: `The picture has ${image.bytes} bytes, too many for b64_json. It is painted and stored: GET ${instanceOf(generation)}/image answers its address.`,
      errors: [
        { pointer: "#/response_format", detail: "cannot hold so large a picture; fetch the stored one" },
      ],
      instance: instanceOf(generation),
      billed: "yes",
    });
  return { created, data: [{ b64_json: Buffer.from(await images.bytes(image)).toString("base64") }] };
}

function imageOf(generation: EndedGeneration): NonNullable<Succeeded["image"]> {
  const problem = problemOfEnd(generation);
  if (problem !== null) throw problem;
  if (generation.state === "succeeded" && generation.image !== null) return generation.image;
  throw new ServiceError("gone", {
    detail: "The picture was removed by its owner.",
    instance: instanceOf(generation),
    billed: billedOf(generation),
  });
}

/** The one 503 of the contract: work waits for the provider's pace. */
function notYet(generation: Parameters<typeof billedOf>[0]): ServiceError {
  return new ServiceError("provider_throttled", {
    detail:
      "The picture has not finished within the wait. It is still being worked on: the same request, sent again by the SDK, joins it.",
    instance: instanceOf(generation),
    billed: billedOf(generation),
    retryable: true,
    retryAfterSeconds: 2,
  });
}

function instanceOf({ id }: { id: string }): string {
  return `/v1/generations/${id}`;
}
