import { type OpenGeneration, type Queued, timestamp } from "../generations/record.ts";
import type { GenerationStore } from "../generations/table.ts";
import type { Pacer } from "./limiter.ts";
import { type Pace, slotsHeld } from "./pace.ts";

/** When an open generation may start, and when to ask for it again. */
export interface StartEstimate {
  /** When a queued generation is likely to start; null for one that runs, and while the queue is paused. */
  readonly startsAt: string | null;
  /** When it is worth asking again, in whole seconds. */
  readonly retryAfterSeconds: number;
}

interface EstimateDependencies {
  readonly generations: Pick<GenerationStore, "inLine">;
  readonly pacerOf: (model: string) => Pick<Pacer, "status">;
  readonly pace: Pace;
  readonly now: () => number;
}

/** While the queue is paused, a probe a minute finds out whether it may go on. */
const PAUSED_RETRY_SECONDS = 60;
const LONGEST_RETRY_SECONDS = 3600;
const LONGEST_RUNNING_RETRY_SECONDS = 15;
/** Every fourth slot goes to batch work first: of four in a row, three are interactive. */
const INTERACTIVE_PER_BATCH = 3;
const none: readonly string[] = [];

/** Estimates the start of an open generation from the queue as it stands: two reads, however long it is. */
export async function estimateStart(
  generation: OpenGeneration,
  dependencies: EstimateDependencies,
): Promise<StartEstimate> {
  const now = dependencies.now();
  if (generation.state !== "queued") {
    const elapsed = (now - Date.parse(generation.started_at ?? generation.created_at)) / 1000;
    const seconds = Math.min(LONGEST_RUNNING_RETRY_SECONDS, Math.max(1, Math.ceil(elapsed / 4)));
    return { startsAt: null, retryAfterSeconds: seconds };
  }
  const start = await estimatedStart(generation, dependencies);
  if (start === null) return { startsAt: null, retryAfterSeconds: PAUSED_RETRY_SECONDS };
  const seconds = Math.ceil((start - now) / 1000) + 1;
  return {
    startsAt: timestamp(start),
    retryAfterSeconds: Math.min(LONGEST_RETRY_SECONDS, Math.max(1, seconds)),
  };
}

/**
 * The next generations get the slots that are taken and not used yet, and the free ones after those: workers take a
 * slot before they choose the generation for it.
 */
async function estimatedStart(
  generation: Queued,
  dependencies: EstimateDependencies,
): Promise<number | null> {
  const { generations, pacerOf, pace, now } = dependencies;
  const { lane, model, id } = generation;
  const notBefore = Date.parse(generation.not_before);
  const [{ nextSlotAt, nextAppointmentAt, paused }, order] = await Promise.all([
    pacerOf(model).status(),
    lane === "interactive" ? generations.inLine(lane, model, Math.max(now(), notBefore)) : none,
  ]);
  if (paused) return null;
  const firstSlotAt = nextSlotAt - slotsHeld(nextSlotAt, now(), pace) * pace.interval;
  const appointment =
    generation.appointment_at === null ? nextAppointmentAt : Date.parse(generation.appointment_at);
  if (lane === "batch") return Math.max(firstSlotAt, notBefore, appointment);
  const place = order.indexOf(id);
  const ahead = place === -1 ? order.length : place;
  const slots = ahead + Math.floor(ahead / INTERACTIVE_PER_BATCH);
  return Math.max(notBefore, firstSlotAt + slots * pace.interval);
}
