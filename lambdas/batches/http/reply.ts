import { json, type Reply } from "../../http/reply.ts";
import type { Offer } from "../../providers/registry.ts";
import type { ResultAddresses } from "../addresses.ts";
import type { Batch } from "../record.ts";
import type { BatchStore } from "../table.ts";
import { type BatchView, viewOfBatch } from "../view.ts";

const SHORTEST_RETRY_SECONDS = 2;
const LONGEST_RETRY_SECONDS = 60;

/** What showing a batch takes. */
export interface PresentBatchNeeds {
  readonly batches: Pick<BatchStore, "members">;
  readonly results: ResultAddresses;
}

/** What answering with a batch takes. */
export type BatchReplyNeeds = PresentBatchNeeds & {
  readonly offer: Offer;
  readonly pacerOf: (model: string) => { readonly pace: { readonly interval: number } };
};

interface BatchAnswer {
  readonly status: number;
  /** The address that the caller used. */
  readonly root: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A batch as its caller sees it now, with a fresh address of its results. What has ended is not counted again. */
export async function presentBatch(
  batch: Batch,
  root: string,
  { batches, results }: PresentBatchNeeds,
): Promise<BatchView> {
  const settled = batch.state === "accepted" ? null : batch.settled;
  const members = settled === null ? await batches.members(batch) : [];
  const key = settled?.results_key ?? null;
  return viewOfBatch(batch, members, { root, results: key === null ? null : await addressed(key, results) });
}

async function addressed(key: string, results: PresentBatchNeeds["results"]): Promise<BatchView["results"]> {
  const { url, expiresAt } = await results.address(key);
  return { bucket: results.bucket, key, url, url_expires_at: expiresAt };
}

/** Answers with a batch as it is now, and when to ask again as long as it goes on. */
export async function batchReply(
  batch: Batch,
  { status, root, headers = {} }: BatchAnswer,
  needs: BatchReplyNeeds,
): Promise<Reply> {
  const view = await presentBatch(batch, root, needs);
  // Its models are not known here: asking too early costs a read, too late a wait.
  const quickest = Math.min(...needs.offer.models.map(({ id }) => needs.pacerOf(id).pace.interval));
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
