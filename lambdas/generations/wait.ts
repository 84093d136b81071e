import { readUntil, type WaitNeeds } from "./read.ts";
import type { Generation } from "./record.ts";
import { type EstimateNeeds, startsAfter } from "./start-estimate.ts";

/** A generation that nothing is ahead of runs by then, and need not be estimated. */
const FIRST_LOOK_MS = 400;
const LOOK_AGAIN_MS = 5000;

/**
 * Reads a generation until it satisfies `enough` or a time (epoch milliseconds) has come; answers it as last read. A
 * wait that cannot end in time is not held: it ends as soon as the estimate says that it starts after that time.
 */
export async function waitInTime(
  generation: Generation,
  enough: (generation: Generation) => boolean,
  until: number,
  dependencies: WaitNeeds & EstimateNeeds,
): Promise<Generation> {
  let latest = generation;
  for (let pause = FIRST_LOOK_MS; ; pause = LOOK_AGAIN_MS) {
    latest = await readUntil(latest, enough, Math.min(until, dependencies.now() + pause), dependencies);
    if (enough(latest) || dependencies.now() >= until) return latest;
    if (await startsAfter(until, latest, dependencies)) return latest;
  }
}
