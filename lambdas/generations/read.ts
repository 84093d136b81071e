import type { ImageStore } from "../images/bucket.ts";
import type { Generation } from "./record.ts";
import { isOpen } from "./record.ts";
import type { GenerationStore } from "./table.ts";
import { expire, isOverdue } from "./transitions.ts";
import { type GenerationView, viewOf } from "./view.ts";
import type { QueueOutlook } from "./waiting.ts";

interface ReadDependencies {
  readonly generations: Pick<GenerationStore, "get" | "save">;
  readonly now: () => number;
}

/** A generation as it is now, or null. One whose deadline has passed in the queue ends here and now. */
export async function read(id: string, dependencies: ReadDependencies): Promise<Generation | null> {
  const generation = await dependencies.generations.get(id);
  if (generation === null || !isOverdue(generation, dependencies.now())) return generation;
  const ended = expire(generation, dependencies.now());
  return (await dependencies.generations.save(ended)) ? ended : dependencies.generations.get(id);
}

const FIRST_PAUSE_MS = 150;
const LONGEST_PAUSE_MS = 1000;

interface WaitDependencies extends ReadDependencies {
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
  dependencies: WaitDependencies,
): Promise<Generation> {
  let latest = generation;
  let pause = FIRST_PAUSE_MS;
  while (!enough(latest)) {
    const left = until - dependencies.now();
    if (left <= 0) break;
    await dependencies.sleep(Math.min(pause, left));
    latest = (await read(generation.id, dependencies)) ?? latest;
    pause = Math.min(LONGEST_PAUSE_MS, pause * 1.3);
  }
  return latest;
}

/** Tells whether a generation has ended: what most callers wait for. */
export function hasEnded(generation: Generation): boolean {
  return !isOpen(generation);
}

/** A generation as callers see it, with a fresh address for its picture. */
export async function present(
  generation: Generation,
  dependencies: { readonly images: Pick<ImageStore, "address"> },
  outlook: QueueOutlook = { estimatedStartAt: null, paused: null },
): Promise<GenerationView> {
  const image = generation.state === "succeeded" ? generation.image : null;
  const address = image === null ? null : await dependencies.images.address(image);
  return viewOf(generation, { ...outlook, address });
}
