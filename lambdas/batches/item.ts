import type { Batch } from "./record.ts";

const PREFIX = "batch#";
const DAY_SECONDS = 86_400;

/** The table's key of a batch. */
export function keyOf(id: string): { pk: string } {
  return { pk: PREFIX + id };
}

/** The batch's id in a table key. */
export function batchIdOf(pk: unknown): string | null {
  return typeof pk === "string" && pk.startsWith(PREFIX) ? pk.slice(PREFIX.length) : null;
}

/** The partition of the index `by_batch` that holds an owner's batches; no batch has such an id. */
export function ownersBatches(owner: string): string {
  return `batches#${owner}`;
}

/** The item of a batch: the record, and the attributes its indexes hang on. */
export function toItem(batch: Batch, retentionDays: number): Record<string, unknown> {
  const expires = expiryOf(batch, retentionDays);
  return {
    ...keyOf(batch.id),
    ...batch,
    in_batch: ownersBatches(batch.owner),
    batch_item: `${batch.created_at}#${batch.id}`,
    ...(isOpen(batch) ? { open: "batch" } : { expires_at: expires }),
  };
}

/** Whether it has to be looked at again. */
function isOpen(batch: Batch): boolean {
  return batch.state === "accepted" || (batch.settled === null && batch.due_at !== undefined);
}

/** Its generations ended before it did, and are kept as long from then: its key outlives all their pictures. */
function expiryOf(batch: Batch, retentionDays: number): number {
  const end = batch.state === "accepted" ? null : batch.settled;
  return Math.ceil(Date.parse(end?.at ?? batch.created_at) / 1000) + retentionDays * DAY_SECONDS;
}
