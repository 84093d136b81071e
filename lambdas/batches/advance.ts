import type { GenerationStore } from "../generations/table.ts";
import { cancelQueued } from "./cancel-queued.ts";
import { type Expander, expand } from "./expand.ts";
import type { Expansion, Expansions } from "./expansions.ts";
import { type Settler, settle } from "./settle.ts";
import type { BatchStore } from "./table.ts";

type Advancer = Expander &
  Settler & {
    readonly batches: Pick<BatchStore, "get" | "save" | "members">;
    readonly generations: Pick<GenerationStore, "get" | "insert" | "save">;
    readonly expansions: Expansions;
  };

/** How long an index may be behind. */
const INDEX_SECONDS = 5;

/**
 * Takes a batch as far as it goes now: makes its generations, cancels those of a canceled one, and settles it once all
 * have ended. What is left is for another message, which it sends itself where nobody else would.
 */
export async function advance({ id, isAmended }: Expansion, advancer: Advancer): Promise<void> {
  const { batches, expansions } = advancer;
  const batch = await batches.get(id);
  if (batch === null) return;
  const read = batch.state === "accepted" ? await expand(batch, advancer) : batch;
  if (read === "out of time") return expansions.send([{ id }]);
  // Another expander is ahead, and its message lasts until it is done; a cancel brings a message of its own.
  if (read === "overtaken") return;
  if (read.canceled_at !== null && read.settled === null && !(await cancelQueued(read, advancer)))
    return expansions.send([{ id }]);
  if ((await settle(id, advancer, { again: isAmended === true })) === "too soon")
    await expansions.send([{ id, isAmended }], INDEX_SECONDS);
}
