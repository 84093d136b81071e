import type { Expansions } from "./expansions.ts";
import { failBatch, remindBatch, reviveBatch } from "./steps.ts";
import { type BatchStore, CorruptBatch } from "./table.ts";

/** Times a batch is sent to the expander again before the service admits that it can't be read. */
const MOST_REQUEUES = 10;

interface BatchReconciler {
  readonly batches: Pick<BatchStore, "due" | "get" | "save" | "quarantine">;
  readonly expansions: Expansions;
  readonly now: () => number;
  readonly signal: (name: "BatchesRequeued" | "BatchesFailed" | "PoisonMessage", batchId: string) => void;
}

/**
 * No batch stays unexpanded for ever: one whose message is lost gets another, and after a few it fails. One that is
 * expanded gets one now and then until it is settled, as the message of its last end may be lost too.
 */
export async function reconcileBatches(reconciler: BatchReconciler): Promise<void> {
  const { batches, now } = reconciler;
  for (const id of await batches.due(now())) {
    try {
      await reconcileOne(id, reconciler);
    } catch (error) {
      if (!(error instanceof CorruptBatch)) throw error;
      await batches.quarantine(id);
      reconciler.signal("PoisonMessage", id);
    }
  }
}

async function reconcileOne(
  id: string,
  { batches, expansions, now, signal }: BatchReconciler,
): Promise<void> {
  const batch = await batches.get(id);
  if (batch?.due_at === undefined || Date.parse(batch.due_at) > now()) return;
  if (batch.state !== "accepted") {
    if (batch.settled === null && (await batches.save(remindBatch(batch, now()))))
      await expansions.send([{ id }]);
    return;
  }
  if (batch.requeues < MOST_REQUEUES) {
    // After the write: a crash in between leaves it due again after its new grace, never lost.
    if (!(await batches.save(reviveBatch(batch, now())))) return;
    await expansions.send([{ id }]);
    signal("BatchesRequeued", id);
    return;
  }
  const message = "The batch could not be read to its end.";
  if (!(await batches.save(failBatch(batch, { now: now(), code: "internal", message })))) return;
  signal("BatchesFailed", id);
  await expansions.send([{ id }]);
}
