import { CorruptRecord } from "../generations/item.ts";
import type { Generation } from "../generations/record.ts";
import { expire, isOverdue } from "../generations/transitions/queued.ts";
import type { WorkerDependencies } from "./dependencies.ts";

/** The generation, or null. An unreadable record is taken out of the queue, so that it cannot hold up those behind it. */
export async function readOrQuarantine(
  id: string,
  { generations, signal }: Pick<WorkerDependencies, "generations" | "signal">,
): Promise<Generation | null> {
  try {
    return await generations.get(id);
  } catch (error) {
    if (!(error instanceof CorruptRecord)) throw error;
    await generations.quarantine(id);
    signal("PoisonMessage", id);
    return null;
  }
}

/** The generation, ended first if its deadline has passed in the queue. */
export async function expireIfOverdue(
  generation: Generation,
  { generations, now }: Pick<WorkerDependencies, "generations" | "now">,
): Promise<Generation> {
  if (!isOverdue(generation, now())) return generation;
  const expired = expire(generation, now());
  if (await generations.save(expired)) return expired;
  const latest = await generations.get(generation.id);
  return latest === null ? generation : expireIfOverdue(latest, { generations, now });
}
