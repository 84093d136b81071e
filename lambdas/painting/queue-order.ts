import type { Generation } from "../generations/record.ts";
import { type Lane, lanesInOrder } from "../pacing/lanes.ts";
import type { WorkerDependencies } from "./dependencies.ts";

/** The index shows the head of a lane's queue only: of so many ids or more, it may have left some out. */
export const LEAST_CUT_HEAD = 10;

/** Whether a slot would be of use: the message's own generation is queued, or another of its model. */
export async function isAnyQueued(own: Generation, dependencies: WorkerDependencies): Promise<boolean> {
  if (own.state === "queued") return true;
  const now = dependencies.now();
  const lanes = await Promise.all(
    lanesInOrder(1).map((lane) => dependencies.generations.firstQueued(lane, own.model, now)),
  );
  return lanes.some((ids) => ids.length > 0);
}

/** The head of a lane's queue, longest waiting first. The index may not show the message's own generation yet. */
export async function headOf(
  lane: Lane,
  own: Generation,
  dependencies: WorkerDependencies,
): Promise<readonly string[]> {
  const ids = await dependencies.generations.firstQueued(lane, own.model, dependencies.now());
  return own.lane === lane && !ids.includes(own.id) ? [...ids, own.id] : ids;
}
