import type { ImageAddresses } from "../images/addresses.ts";
import { RELATIVE_ROOT } from "../platform/relative-root.ts";
import type { Generation } from "./record.ts";
import { isOpen } from "./record.ts";
import type { GenerationStore } from "./table.ts";
import { expire, isOverdue } from "./transitions/queued.ts";
import { type GenerationView, viewOf } from "./view.ts";
import type { QueueOutlook } from "./waiting-view.ts";

export interface ReadNeeds {
  readonly generations: Pick<GenerationStore, "get" | "save">;
  readonly now: () => number;
}

/** A generation as it is now, or null. One whose deadline has passed in the queue ends here and now. */
export async function read(id: string, dependencies: ReadNeeds): Promise<Generation | null> {
  const generation = await dependencies.generations.get(id);
  return generation === null ? null : expireIfOverdue(generation, dependencies);
}

/** Ends a generation whose deadline has passed in the queue. Answers it as it is now; null when it is gone meanwhile. */
export async function expireIfOverdue(
  generation: Generation,
  dependencies: ReadNeeds,
): Promise<Generation | null> {
  if (!isOverdue(generation, dependencies.now())) return generation;
  const ended = expire(generation, dependencies.now());
  return (await dependencies.generations.save(ended)) ? ended : read(generation.id, dependencies);
}

/** How soon a waiting caller's record is read again: a state that can end at any moment is looked at more often. */
const PAUSES_MS = { queued: { first: 100, longest: 1000 }, running: { first: 60, longest: 100 } };
const PAUSE_GROWTH = 1.3;

export interface WaitNeeds extends ReadNeeds {
  readonly sleep: (milliseconds: number) => Promise<void>;
}

/**
 * Reads a generation until it satisfies `enough`, or until a time (epoch milliseconds) has come; answers it
 * as last read.
 */
export async function readUntil(
  generation: Generation,
  enough: (generation: Generation) => boolean,
  until: number,
  dependencies: WaitNeeds,
): Promise<Generation> {
  let latest = generation;
  let state = "";
  let pause = 0;
  while (!enough(latest)) {
    const left = until - dependencies.now();
    if (left <= 0) break;
    const { first, longest } = PAUSES_MS[latest.state === "queued" ? "queued" : "running"];
    pause = latest.state === state ? Math.min(longest, pause * PAUSE_GROWTH) : first;
    state = latest.state;
    await dependencies.sleep(Math.min(pause, left));
    latest = (await read(generation.id, dependencies)) ?? latest;
  }
  return latest;
}

/** Tells whether a generation has ended: what most callers wait for. */
export function hasEnded(generation: Generation): boolean {
  return !isOpen(generation);
}

export interface PresentNeeds {
  readonly images: Pick<ImageAddresses, "address">;
}

/** What is not in the record, and differs from answer to answer. */
interface Surroundings extends QueueOutlook {
  /** Where the addresses in it begin: `/v1` in events and workflows, absolute in HTTP's answers. */
  readonly root: string;
}

/** A generation as callers see it, with a fresh address for its picture. */
export async function present(
  generation: Generation,
  dependencies: PresentNeeds,
  { estimatedStartAt = null, paused = null, root = RELATIVE_ROOT }: Partial<Surroundings> = {},
): Promise<GenerationView> {
  const image = generation.state === "succeeded" ? generation.image : null;
  const address = image === null ? null : await dependencies.images.address(image);
  return viewOf(generation, { estimatedStartAt, paused, root, address });
}
