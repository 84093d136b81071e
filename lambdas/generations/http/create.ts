import * as z from "zod";
import { cancelAfter, idempotencyKey, prefer } from "../../http/header-schemas.ts";
import { BODY_FAULTS, NO_QUERY, type Operation, operation } from "../../http/operation.ts";
import { waitOf } from "../../http/prefer.ts";
import { refusal } from "../../http/reply.ts";
import { ENDS } from "../../platform/problem-table.ts";
import { ServiceError } from "../../platform/service-error.ts";
import { billedOf } from "../billed.ts";
import { type CreateNeeds, create } from "../create.ts";
import { type OpenLimitNeeds, requireOpenLimit } from "../open-limit.ts";
import { problemOfEnd } from "../problem-of-end.ts";
import { hasEnded, type WaitNeeds } from "../read.ts";
import { type Generation, isOpen } from "../record.ts";
import type { CreateRequest, RequestSchema } from "../request.ts";
import { generationView } from "../view.ts";
import { waitInTime } from "../wait.ts";
import { generationReply, type ReplyNeeds } from "./reply.ts";

type CreateOperationNeeds = CreateNeeds &
  OpenLimitNeeds &
  WaitNeeds &
  ReplyNeeds & {
    /** Longest wait for an ended generation within one request, in seconds. */
    readonly longestWait: number;
    readonly signal: (name: "GenerationsAccepted", fields: { readonly generation_id: string }) => void;
  };

const requestHeaders = z.object({
  "idempotency-key": idempotencyKey,
  prefer,
  "cancel-after": cancelAfter,
});

/** `POST /v1/generations`: the main door. */
export function createGeneration(schema: RequestSchema): Operation<CreateOperationNeeds> {
  return operation({
    method: "POST",
    path: "/v1/generations",
    operationId: "createGeneration",
    tag: "Generations",
    summary: "Create a generation",
    description:
      "Accepts a prompt and waits for its picture, 25 seconds unless `Prefer` says otherwise. A generation that ends without a picture within the wait answers its problem. To repeat a request safely, give it an `Idempotency-Key`.",
    requestHeaders,
    query: NO_QUERY,
    body: schema,
    answers: {
      201: {
        description: "It has ended within the wait: here is the picture.",
        schema: generationView,
        headers: ["Location", "ETag", "Preference-Applied", "Idempotent-Replayed"],
      },
      202: {
        description: "It is accepted and has not ended yet.",
        schema: generationView,
        headers: ["Location", "ETag", "Retry-After", "Preference-Applied", "Idempotent-Replayed"],
      },
    },
    problems: [...BODY_FAULTS, "idempotency_key_reused", "conflict", "gone", "budget_exceeded", ...ENDS],
    problemHeaders: ["Preference-Applied", "Idempotent-Replayed"],
    async handle({ caller, headers, body, request }, dependencies: CreateOperationNeeds) {
      const key = headers["idempotency-key"] ?? null;
      const intent = intentOf(body, caller.owner, key, headers["cancel-after"]);
      const standing = await requireOpenLimit(intent, dependencies);
      const { generation, replayed } = await create({ ...intent, ...standing }, dependencies);
      if (!replayed) dependencies.signal("GenerationsAccepted", { generation_id: generation.id });

      const wait = waitOf(headers.prefer ?? { respondAsync: false, wait: null }, dependencies.longestWait);
      const until = Math.min(dependencies.now() + wait.seconds * 1000, request.answerBy);
      const latest = await waitInTime(generation, hasEnded, until, dependencies);

      const common = {
        ...(wait.applied !== null && { "Preference-Applied": wait.applied }),
        ...(replayed && key !== null && { "Idempotent-Replayed": "true" }),
      };
      const problem = isOpen(latest) ? null : problemOfEnd(latest);
      if (problem !== null) return refusal(problem, request, common);
      if (latest.removed_at !== null) return refusal(removed(latest), request, common);
      return generationReply(
        latest,
        {
          status: isOpen(latest) ? 202 : 201,
          root: request.root,
          headers: { Location: `${request.root}/generations/${latest.id}`, ...common },
        },
        dependencies,
      );
    },
  });
}

/** The key goes on naming what was removed: nothing is painted for it again. */
function removed(generation: Generation): ServiceError {
  return new ServiceError("gone", {
    detail:
      "The generation of this Idempotency-Key was removed by its owner. Use a new key for a new picture.",
    instance: `/v1/generations/${generation.id}`,
    billed: billedOf(generation),
  });
}

function intentOf(body: CreateRequest, owner: string, idempotencyKey: string | null, deadline?: number) {
  return {
    request: body,
    owner,
    lane: "interactive" as const,
    idempotencyKey,
    ...(deadline !== undefined && { deadlineSeconds: deadline }),
  };
}
