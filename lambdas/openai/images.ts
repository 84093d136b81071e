import * as z from "zod";
import { hasEnded, readUntil, type WaitNeeds } from "../generations/read.ts";
import { type EndedGeneration, isOpen } from "../generations/record.ts";
import type { RequestSchema } from "../generations/request.ts";
import type { ApiRequest } from "../http/api-request.ts";
import { cancelAfter, idempotencyKey } from "../http/header-schemas.ts";
import { BODY_FAULTS, NO_QUERY, type Operation, operation } from "../http/operation.ts";
import { json, type Reply, refusal } from "../http/reply.ts";
import type { ImageAddresses } from "../images/addresses.ts";
import type { ImageStore } from "../images/bucket.ts";
import { ENDS } from "../platform/problem-table.ts";
import { ServiceError } from "../platform/service-error.ts";
import type { Offer } from "../providers/registry.ts";
import { answerOf, answerSchema, notYet, pictureHeaders } from "./answer.ts";
import { awaitEnd } from "./await-end.ts";
import { NotInTime } from "./in-time.ts";
import { ledgerKey } from "./ledger-table.ts";
import { type OpenAiRequest, openAiRequestSchema, requestOf } from "./request.ts";
import { noteDelivered, type SendNeeds, sendOnce } from "./send-once.ts";

type OpenAiNeeds = SendNeeds &
  WaitNeeds & {
    readonly images: Pick<ImageAddresses, "address"> & Pick<ImageStore, "bytes">;
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
    body: openAiRequestSchema(schema, offer),
    answers: {
      200: {
        description: "The picture.",
        schema: answerSchema,
        headers: ["x-generation-id", "x-image-size", "x-digital-source-type", "Idempotent-Replayed"],
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
        request: requestOf(body, schema, offer),
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

      // An earlier call's, found by its key: its caller may still be waiting for it elsewhere.
      const isAnothers = replayed && key !== null && sending.retryCount === 0;
      const { latest, late } = isAnothers
        ? { latest: await readUntil(generation, hasEnded, until, dependencies), late: null }
        : await awaitEnd(generation, { until, isNew: !replayed }, dependencies);
      const named = {
        "x-generation-id": latest.id,
        ...(replayed && key !== null && { "Idempotent-Replayed": "true" }),
      };
      if (late !== null) {
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
  {
    body,
    request,
    named,
  }: { body: OpenAiRequest; request: ApiRequest; named: Readonly<Record<string, string>> },
  dependencies: Pick<OpenAiNeeds, "images">,
): Promise<Reply> {
  try {
    const answer = await answerOf(generation, body, dependencies);
    return json(200, answer, { ...named, ...pictureHeaders(generation) });
  } catch (error) {
    // Sent again, the request would only read the same end again.
    if (error instanceof ServiceError) return refusal(error, request, { ...named, ...FINAL });
    throw error;
  }
}
