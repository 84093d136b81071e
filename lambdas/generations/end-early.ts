import type { ImageStore } from "../images/bucket.ts";
import { Contended, ServiceError } from "../platform/service-error.ts";
import { billedOf } from "./billed.ts";
import { owned } from "./owned.ts";
import type { ReadNeeds } from "./read.ts";
import { type EndedGeneration, isOpen } from "./record.ts";
import { cancel } from "./transitions/queued.ts";
import { remove } from "./transitions/remove.ts";

/** What taking a generation away takes. */
export interface RemoveNeeds extends ReadNeeds {
  readonly images: Pick<ImageStore, "remove">;
}

/** Each lost race means that the generation has moved on; it has few ways to go. */
const MOST_TRIES = 8;

/**
 * Cancels a queued generation; an ended one stays as it ended.
 *
 * @throws ServiceError `not_found`, or `conflict` while it is running: what the provider paints is paid
 */
export async function cancelOwned(
  id: string,
  owner: string,
  dependencies: ReadNeeds,
): Promise<EndedGeneration> {
  for (let attempt = 0; attempt < MOST_TRIES; attempt++) {
    const generation = await owned(id, owner, dependencies);
    if (!isOpen(generation)) return generation;
    if (generation.state !== "queued") throw stillRunning(id);
    const canceled = cancel(generation, dependencies.now());
    if (await dependencies.generations.save(canceled)) return canceled;
  }
  throw new Contended();
}

/**
 * Takes picture and input of a generation away and leaves a tombstone; a queued one is canceled first. Safe to
 * repeat, so that a removal that got stuck halfway is finished by the next.
 *
 * @throws ServiceError `not_found`, or `conflict` while it is running
 */
export async function removeOwned(id: string, owner: string, dependencies: RemoveNeeds): Promise<void> {
  for (let attempt = 0; attempt < MOST_TRIES; attempt++) {
    const ended = await cancelOwned(id, owner, dependencies);
    const gone =
      ended.removed_at !== null || (await dependencies.generations.save(remove(ended, dependencies.now())));
    if (!gone) continue;
    // After the record: a picture without a record is waste, a record without its picture would be a lie.
    // One that is billed may have a picture, also where its answer came after the end.
    if (billedOf(ended) === "yes") await dependencies.images.remove(id);
    return;
  }
  throw new Contended();
}

function stillRunning(id: string): ServiceError {
  return new ServiceError("conflict", {
    detail: "The generation is running: it cannot be stopped, and ends by itself.",
    instance: `/v1/generations/${id}`,
    billed: "unknown",
    retryable: true,
    retryAfterSeconds: 5,
  });
}
