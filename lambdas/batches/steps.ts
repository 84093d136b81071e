import { timestamp } from "../platform/clock.ts";
import { batchId } from "../platform/ids.ts";
import { shortened } from "../platform/problems.ts";
import type { AcceptedBatch, Batch, LineFaults } from "./record.ts";
import { type BatchRequest, batchHash } from "./request.ts";

/**
 * The life of a batch, as pure functions: `accepted → expanded | failed`. Its generations live on their own; the
 * store writes each step only over the version that was read.
 */

/** How long a batch may go without a step before the reconciler sends it to the expander again. */
const GRACE_MS = 15 * 60_000;
/** Lines whose faults are kept, and how many of each: a record has 400 KB at most. */
const FAULTS_KEPT = 20;
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
    due_at: timestamp(now + GRACE_MS),
    requeues: 0,
  };
}

/** The checkpoint after some lines: those without faults have their generations by now. */
export function checkpointBatch(
  batch: AcceptedBatch,
  by: { now: number; position: number; total: number; faults: readonly LineFaults[] },
): AcceptedBatch {
  const faults = [...batch.faults, ...by.faults].slice(0, FAULTS_KEPT).map(kept);
  return {
    ...batch,
    version: batch.version + 1,
    position: by.position,
    total: by.total,
    invalid: batch.invalid + by.faults.length,
    faults,
    due_at: timestamp(by.now + GRACE_MS),
    requeues: 0,
  };
}

/** Every line has been read. */
export function finishBatch(batch: AcceptedBatch, now: number): Batch {
  const { due_at: _, requeues: __, ...kept } = batch;
  return { ...kept, state: "expanded", version: batch.version + 1, ended_at: timestamp(now) };
}

/** It can't be read any further. What was made of it before goes its way. */
export function failBatch(
  batch: AcceptedBatch,
  by: { now: number; code: "invalid_request" | "internal"; message: string },
): Batch {
  const { due_at: _, requeues: __, ...kept } = batch;
  const error = { code: by.code, message: by.message };
  return { ...kept, state: "failed", version: batch.version + 1, ended_at: timestamp(by.now), error };
}

/** Gives a batch another message: its own seems to be lost. */
export function reviveBatch(batch: AcceptedBatch, now: number): AcceptedBatch {
  const due_at = timestamp(now + GRACE_MS);
  return { ...batch, version: batch.version + 1, requeues: batch.requeues + 1, due_at };
}

function kept({ line, errors }: LineFaults): LineFaults {
  return { line, errors: errors.slice(0, ERRORS_KEPT).map(shortened) };
}
