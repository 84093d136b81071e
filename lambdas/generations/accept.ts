import type { Lane } from "../pacing/lanes.ts";
import { timestamp } from "../platform/clock.ts";
import { idForKey, lineOf, randomId } from "../platform/ids.ts";
import { withHappenings } from "./history.ts";
import { type Queued, SCHEMA } from "./record.ts";
import { type CreateRequest, chooseSeed, inputOf } from "./request.ts";
import { requestHash } from "./request-hash.ts";
import type { Standing } from "./standing.ts";

interface Intake {
  readonly request: CreateRequest;
  readonly owner: string;
  readonly lane: Lane;
  readonly idempotencyKey: string | null;
  readonly deadlineSeconds: number;
  readonly warnings: readonly string[];
  readonly region: string;
  readonly price: { readonly amount: string; readonly currency: string };
  readonly taskToken: string | null;
  readonly batch?: { readonly id: string; readonly customId: string | null } | undefined;
  /** Where it comes behind others of the same owner. */
  readonly ahead?: Standing["ahead"] | undefined;
  readonly lastPlace?: Standing["lastPlace"] | undefined;
  /** So much later is the place of each that comes behind others of its owner, in milliseconds. */
  readonly spacing: number;
  readonly now: number;
  readonly random: () => number;
}

/** A new generation, queued. Its id follows from the owner's idempotency key, where there is one. */
export function accept(intake: Intake): Queued {
  const { request, now } = intake;
  return {
    state: "queued",
    id: intake.idempotencyKey === null ? randomId() : idForKey(intake.owner, intake.idempotencyKey),
    version: 1,
    schema: SCHEMA,
    owner: intake.owner,
    lane: intake.lane,
    model: request.model,
    input: inputOf(request, request.seed ?? chooseSeed(intake.random)),
    metadata: request.metadata,
    warnings: [...intake.warnings],
    on_unknown_outcome: request.on_unknown_outcome,
    idempotency_key: intake.idempotencyKey,
    request_hash: requestHash(request),
    created_at: timestamp(now),
    deadline: timestamp(now + intake.deadlineSeconds * 1000),
    started_at: null,
    attempts: 0,
    outcome_lost: false,
    lost_answers: 0,
    region: intake.region,
    price: { ...intake.price },
    task_token: intake.taskToken,
    requeues: 0,
    place_at: timestamp(placeFor(intake)),
    appointment_at: null,
    turn_for: null,
    removed_at: null,
    batch_id: intake.batch?.id ?? null,
    custom_id: intake.batch?.customId ?? null,
    reserved: null,
    reserved_currency: null,
    history: withHappenings([], [{ event: "accepted", at: now, attempt: 0 }]),
    waiting: null,
    refused_at: null,
    own_refusals: 0,
    not_before: timestamp(now),
  };
}

/** The later, the more of the same owner are open, and behind those that are queued already. */
function placeFor(intake: Intake): number {
  return Math.max(intake.now + aheadOf(intake) * intake.spacing, (intake.lastPlace ?? 0) + 1);
}

/** An item of a batch comes behind the lines before it. */
function aheadOf({ ahead, batch, idempotencyKey }: Intake): number {
  if (ahead !== undefined || batch === undefined) return ahead ?? 0;
  return (lineOf(batch.id, idempotencyKey)?.line ?? 1) - 1;
}
