import type { GenerationStore } from "../generations/table.ts";
import { cancel } from "../generations/transitions/queued.ts";
import type { ReadBatch } from "./record.ts";
import type { BatchStore } from "./table.ts";

interface Canceler {
  readonly batches: Pick<BatchStore, "members">;
  readonly generations: Pick<GenerationStore, "get" | "save">;
  readonly now: () => number;
  /** Whether there is time for another few. */
  readonly hasTime: () => boolean;
}

const WRITES_AT_ONCE = 20;

/**
 * Ends the generations of a batch that are queued. One that a worker takes at the same moment goes on: what the provider
 * paints is paid. Answers whether there was time for all of them.
 */
export async function cancelQueued(batch: ReadBatch, canceler: Canceler): Promise<boolean> {
  const { batches, generations, now, hasTime } = canceler;
  const queued = await batches.members(batch, { status: "queued" });
  for (let start = 0; start < queued.length; start += WRITES_AT_ONCE) {
    if (!hasTime()) return false;
    await Promise.all(
      queued.slice(start, start + WRITES_AT_ONCE).map(async ({ id }) => {
        const generation = await generations.get(id);
        if (generation?.state === "queued") await generations.save(cancel(generation, now()));
      }),
    );
  }
  return true;
}
