import type { Changes } from "../generations/changes.ts";
import type { EndedGeneration } from "../generations/record.ts";

/** Tells of each end, one after the other. May happen twice: a second event carries the same id. */
export async function relayEnds(
  { ended }: Changes,
  announce: (generation: EndedGeneration) => Promise<void>,
): Promise<void> {
  for (const generation of ended) await announce(generation);
}
