import { timestamp } from "../platform/clock.ts";
import { batchId } from "../platform/ids.ts";
import { shortened } from "../platform/service-error.ts";
import type { AcceptedBatch, Batch, LineFaults, ReadBatch, Settlement } from "./record.ts";
import { type BatchRequest, batchHash } from "./request.ts";

/**
 * The life of a batch, as pure functions: `accepted → expanded | failed`, and each of these settled once its last
 * generation has ended. Its generations live on their own; the store writes each step only over the version that was
 * read.
 */

/** How long a batch may go without a step before the reconciler sends it to the expander again. */
const GRACE_MS = 15 * 60_000;
/** A canceled one is looked at sooner: what a worker puts back into the queue has to be canceled too. */
const CANCELED_GRACE_MS = 60_000;
/** Lines whose faults are kept, and how many of each: a record has 400 KB at most. */
const FAULTS_KEPT = 20;
const FAULTS_KEPT_INLINE = 100;
const ERRORS_KEPT = 5;

interface Intake {
  readonly request: BatchRequest;
  readonly owner: string;
  readonly idempotencyKey: string | null;
  readonly deadlineSeconds: number;
  readonly currency: string;
  /** The entity tag of the manifest; not needed for items inline. */
  readonly etag: string;
  readonly now: number;
}

/** A new batch. Its id follows from the owner's idempotency key, where there is one. */
export function acceptBatch(intake: Intake): AcceptedBatch {
  const { request, owner, idempotencyKey, now } = intake;
  const lines = (request.items ?? []).map((item) => JSON.stringify(item));
  return {
    state: "accepted",
    id: batchId(owner, idempotencyKey),
    version: 1,
    edition: String(now),
    owner,
    idempotency_key: idempotencyKey,
    request_hash: batchHash(request),
    metadata: request.metadata,
    created_at: timestamp(now),
    deadline: timestamp(now + intake.deadlineSeconds * 1000),
    currency: intake.currency,
    source:
      request.manifest === undefined
        ? { kind: "inline", lines }
        : { kind: "manifest", ...request.manifest, etag: intake.etag },
    position: 0,
    total: lines.length,
    invalid: 0,
    faults: [],
    invalid_parts: [],
    canceled_at: null,
    due_at: timestamp(now + GRACE_MS),
    requeues: 0,
  };
}

/** The checkpoint after some lines: those without faults have their generations by now. */
export function checkpointBatch(
  batch: AcceptedBatch,
  by: { now: number; position: number; total: number; faults: readonly LineFaults[] },
): AcceptedBatch {
  const most = batch.source.kind === "inline" ? FAULTS_KEPT_INLINE : FAULTS_KEPT;
  return {
    ...batch,
    version: batch.version + 1,
    position: by.position,
    total: by.total,
    invalid: batch.invalid + by.faults.length,
    faults: [...batch.faults, ...by.faults].slice(0, most).map(keptFaults),
    invalid_parts: by.faults.length === 0 ? batch.invalid_parts : [...batch.invalid_parts, by.position],
    due_at: timestamp(by.now + GRACE_MS),
    requeues: 0,
  };
}

/** Every line has been read. */
export function finishBatch(batch: AcceptedBatch, now: number): ReadBatch {
  return { ...readAt(batch, now), state: "expanded" };
}

/** It can't be read any further. What was made of it before goes its way. */
export function failBatch(
  batch: AcceptedBatch,
  by: { now: number; code: "invalid_request" | "internal"; message: string },
): ReadBatch {
  return { ...readAt(batch, by.now), state: "failed", error: { code: by.code, message: by.message } };
}

function readAt({ requeues: _, state: __, ...kept }: AcceptedBatch, now: number) {
  const due_at = timestamp(now + graceOf(kept));
  return { ...kept, version: kept.version + 1, ended_at: timestamp(now), due_at, settled: null };
}

/** Gives a batch another message: its own seems to be lost. */
export function reviveBatch(batch: AcceptedBatch, now: number): AcceptedBatch {
  const due_at = timestamp(now + GRACE_MS);
  return { ...batch, version: batch.version + 1, requeues: batch.requeues + 1, due_at };
}

/** Looks at a batch again later whose generations have not all ended. */
export function remindBatch(batch: ReadBatch, now: number): ReadBatch {
  return { ...batch, version: batch.version + 1, due_at: timestamp(now + graceOf(batch)) };
}

/** Its owner wants no more of it. It is due at once: the message that sees to it may be lost. */
export function cancelBatch<Canceled extends Batch>(batch: Canceled, now: number): Canceled {
  return { ...batch, version: batch.version + 1, canceled_at: timestamp(now), due_at: timestamp(now) };
}

/** All of its lines have come to something, and its results are in the bucket. Said again where they have changed. */
export function settleBatch(batch: ReadBatch, by: Omit<Settlement, "at"> & { now: number }): ReadBatch {
  const { now, ...settled } = by;
  const { due_at: _, ...kept } = batch;
  return {
    ...kept,
    version: batch.version + 1,
    settled: { at: batch.settled?.at ?? timestamp(now), ...settled },
  };
}

function graceOf({ canceled_at }: Pick<Batch, "canceled_at">): number {
  return canceled_at === null ? GRACE_MS : CANCELED_GRACE_MS;
}

/** The faults of a line, as many and as long as are kept. */
export function keptFaults({ errors, ...line }: LineFaults): LineFaults {
  return { ...line, errors: errors.slice(0, ERRORS_KEPT).map(shortened) };
}
