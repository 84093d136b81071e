import { json, type Reply } from "../../http/reply.ts";
import type { Offer } from "../../providers/registry.ts";
import type { Batch } from "../record.ts";
import type { BatchStore } from "../table.ts";
import { type BatchView, viewOfBatch } from "../view.ts";

const SHORTEST_RETRY_SECONDS = 2;
const LONGEST_RETRY_SECONDS = 60;

/** What answering with a batch takes. */
export interface BatchReplyNeeds {
  readonly batches: Pick<BatchStore, "members">;
  readonly offer: Offer;
  readonly pacerOf: (model: string) => { readonly pace: { readonly interval: number } };
}

interface BatchAnswer {
  readonly status: number;
  /** The address that the caller used. */
  readonly root: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Answers with a batch as it is now, and when to ask again as long as it goes on. */
export async function batchReply(
  batch: Batch,
  { status, root, headers = {} }: BatchAnswer,
  { batches, offer, pacerOf }: BatchReplyNeeds,
): Promise<Reply> {
  const view = viewOfBatch(batch, await batches.members(batch.id), root);
  // Its models are not known here: asking too early costs a read, too late a wait.
  const quickest = Math.min(...offer.models.map(({ id }) => pacerOf(id).pace.interval));
  return json(status, view, {
    ...(view.completed_at === null && { "Retry-After": String(retryAfter(view, quickest)) }),
    ...headers,
  });
}

/** As long as what is open takes at the provider's pace, within reason. */
function retryAfter({ counts }: BatchView, interval: number): number {
  const seconds = Math.ceil(((counts.queued + counts.running) * interval) / 1000);
  return Math.min(LONGEST_RETRY_SECONDS, Math.max(SHORTEST_RETRY_SECONDS, seconds));
}
