import { type Lane, slotsOf } from "../pacing/lanes.ts";
import type { Pacer } from "../pacing/limiter.ts";
import { slotsHeld } from "../pacing/pace.ts";
import { timestamp } from "../platform/clock.ts";
import { placeOf } from "./item.ts";
import type { Generation, OpenGeneration, Queued } from "./record.ts";
import type { GenerationStore } from "./table.ts";

/** When an open generation may start, and when to ask for it again. */
export interface StartEstimate {
  /** When a queued generation is likely to start; null for one that runs, and while the queue is paused. */
  readonly startsAt: string | null;
  /** When it is worth asking again, in whole seconds. */
  readonly retryAfterSeconds: number;
  /** Why the provider is not asked at present: its operator must act, or it does not work; null while it is asked. */
  readonly paused: "operator" | "outage" | null;
}

export interface EstimateNeeds {
  readonly generations: Pick<GenerationStore, "firstQueued">;
  readonly pacerOf: (model: string) => Pick<Pacer, "status" | "pace">;
  readonly now: () => number;
}

/** While the queue is paused, a probe a minute finds out whether it may go on. */
const PAUSED_RETRY_SECONDS = 60;
const LONGEST_RETRY_SECONDS = 3600;
const LONGEST_RUNNING_RETRY_SECONDS = 15;
/** Generations ahead are counted up to so many. */
const MOST_COUNTED = 100;
const none: readonly string[] = [];

/** Estimates the start of an open generation from the queue as it stands: three reads, however long it is. */
export async function estimateStart(
  generation: OpenGeneration,
  dependencies: EstimateNeeds,
): Promise<StartEstimate> {
  const now = dependencies.now();
  if (generation.state !== "queued") {
    const elapsed = (now - Date.parse(generation.started_at ?? generation.created_at)) / 1000;
    const seconds = Math.min(LONGEST_RUNNING_RETRY_SECONDS, Math.max(1, Math.ceil(elapsed / 4)));
    return { startsAt: null, retryAfterSeconds: seconds, paused: null };
  }
  const start = await estimatedStart(generation, dependencies);
  if (typeof start === "string")
    return { startsAt: null, retryAfterSeconds: PAUSED_RETRY_SECONDS, paused: start };
  const seconds = Math.ceil((start - now) / 1000) + 1;
  return {
    paused: null,
    startsAt: timestamp(start),
    retryAfterSeconds: Math.min(LONGEST_RETRY_SECONDS, Math.max(1, seconds)),
  };
}

/** Whether a generation is likely to start after a time (epoch milliseconds) only; false while the queue is paused. */
export async function startsAfter(
  time: number,
  generation: Generation,
  dependencies: EstimateNeeds,
): Promise<boolean> {
  if (generation.state !== "queued") return false;
  const { startsAt } = await estimateStart(generation, dependencies);
  return startsAt !== null && Date.parse(startsAt) > time;
}

/**
 * The next generations get the slots that are taken and not used yet, and the free ones after those: workers take a
 * slot before they choose the generation for it.
 */
async function estimatedStart(
  generation: Queued,
  dependencies: EstimateNeeds,
): Promise<number | "operator" | "outage"> {
  const { generations, pacerOf, now } = dependencies;
  const { lane, model, id } = generation;
  const pacer = pacerOf(model);
  const { pace } = pacer;
  const notBefore = Date.parse(generation.not_before);
  const by = Math.max(now(), Date.parse(placeOf(generation)));
  const inLane = (of: Lane) =>
    lane === "interactive" ? generations.firstQueued(of, model, by, MOST_COUNTED) : none;
  const [{ nextSlotAt, nextAppointmentAt, paused }, order, batch] = await Promise.all([
    pacer.status(),
    inLane("interactive"),
    inLane("batch"),
  ]);
  if (paused !== null) return paused === "outage" ? "outage" : "operator";
  const firstSlotAt = nextSlotAt - slotsHeld(nextSlotAt, now(), pace) * pace.interval;
  const appointment =
    generation.appointment_at === null ? nextAppointmentAt : Date.parse(generation.appointment_at);
  if (lane === "batch") return Math.max(firstSlotAt, notBefore, appointment);
  const place = order.indexOf(id);
  const ahead = place === -1 ? order.length : place;
  return Math.max(notBefore, firstSlotAt + slotsOf(ahead, batch.length) * pace.interval);
}
