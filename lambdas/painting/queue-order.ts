import { placeOf } from "../generations/item.ts";
import { readOrPassOver } from "../generations/quarantine.ts";
import type { Generation } from "../generations/record.ts";
import { type Lane, lanesInOrder } from "../pacing/lanes.ts";
import type { Slot } from "../pacing/limiter-state.ts";
import { EVER } from "../platform/clock.ts";
import type { WorkerDependencies } from "./dependencies.ts";

/** The index shows the head of a lane's queue only: of so many ids or more, it may have left some out. */
export const LEAST_CUT_HEAD = 10;

/**
 * When a slot would be of use, in epoch milliseconds: now, where the message's own generation or another of its model is
 * queued; later, where all of them are held off; null where none is queued. One that is held off may have no other
 * message than this: its own may have been used up for another.
 */
export async function whenOfUse(own: Generation, dependencies: WorkerDependencies): Promise<number | null> {
  const now = dependencies.now();
  if (own.state === "queued" || (await firstInLanes(own, now, dependencies)).length > 0) return now;
  const held = await firstInLanes(own, EVER, dependencies);
  const records = await Promise.all(held.map((id) => readOrPassOver(id, dependencies)));
  const times = records.map((record) =>
    record?.state === "queued" ? Math.max(now, Date.parse(record.not_before)) : now,
  );
  return times.length === 0 ? null : Math.min(...times);
}

/** The first of each lane that may be asked for by then. */
async function firstInLanes(
  { model }: Generation,
  by: number,
  { generations }: WorkerDependencies,
): Promise<readonly string[]> {
  const lanes = await Promise.all(lanesInOrder(1).map((lane) => generations.firstQueued(lane, model, by)));
  return lanes.flatMap((ids) => ids.slice(0, 1));
}

/**
 * The heads of the queues in the order of a slot. A probe finds out whether others pass too: the generation that was
 * refused last is asked again only where it is alone.
 */
export async function* inOrder(own: Generation, slot: Slot, dependencies: WorkerDependencies) {
  let refused: string | null = null;
  for (const lane of lanesInOrder(slot.number)) {
    for (const id of await headOf(lane, own, dependencies)) {
      if (slot.probe && id === slot.refusedId) refused = id;
      else yield id;
    }
  }
  if (refused !== null) yield refused;
}

/**
 * A place just behind the head of a generation's queue, in epoch milliseconds: so others are asked before it is asked
 * again, and yet it does not go behind a backlog of thousands.
 */
export async function behindHead(
  generation: Generation,
  { generations, now }: WorkerDependencies,
): Promise<number> {
  const ids = await generations.firstQueued(generation.lane, generation.model, EVER);
  const last = ids.findLast((id) => id !== generation.id);
  const record = last === undefined ? null : await generations.get(last);
  if (record === null) return now();
  return Date.parse(record.state === "queued" ? placeOf(record) : record.created_at) + 1;
}

/**
 * The head of a lane's queue, by their places. A place may lie ahead of the clock, where its owner has others before it:
 * it gets the slot that nobody else wants. The index may not show the message's own generation yet.
 */
async function headOf(
  lane: Lane,
  own: Generation,
  dependencies: WorkerDependencies,
): Promise<readonly string[]> {
  const ids = await dependencies.generations.firstQueued(lane, own.model, EVER);
  return own.lane === lane && !ids.includes(own.id) ? [...ids, own.id] : ids;
}
