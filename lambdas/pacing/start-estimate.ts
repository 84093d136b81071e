import { type OpenGeneration, type Queued, timestamp } from "../generations/record.ts";
import type { GenerationStore } from "../generations/table.ts";
import type { Pacer } from "./limiter.ts";
import { type Pace, slotsHeld } from "./pace.ts";

/** What the caller of an open generation may expect. */
export interface Prospects {
  /** When a queued generation is likely to start; null for one that runs, and while nobody can say. */
  readonly startsAt: string | null;
  /** When it is worth asking again, in whole seconds. */
  readonly retryAfterSeconds: number;
  /** Why the provider is not asked at present: its operator must act, or it does not work; null while it is asked. */
  readonly paused: "operator" | "outage" | null;
}

interface ProspectsDependencies {
  readonly generations: Pick<GenerationStore, "inLine">;
  readonly pacerOf: (model: string) => Pick<Pacer, "prospects">;
  readonly pace: Pace;
  readonly now: () => number;
}

/** While the queue stands still, a probe a minute finds out whether it may go on. */
const PAUSED_RETRY_SECONDS = 60;
const LONGEST_RETRY_SECONDS = 3600;
const LONGEST_RUNNING_RETRY_SECONDS = 15;
/** Every fourth slot goes to batch work first: of four in a row, three are interactive. */
const INTERACTIVE_PER_BATCH = 3;
const none: readonly string[] = [];

/** What an open generation's caller may expect, from the queue as it stands: two reads, however long it is. */
export async function prospectsOf(
  generation: OpenGeneration,
  dependencies: ProspectsDependencies,
): Promise<Prospects> {
  const now = dependencies.now();
  if (generation.state !== "queued") {
    const elapsed = (now - Date.parse(generation.started_at ?? generation.created_at)) / 1000;
    const seconds = Math.min(LONGEST_RUNNING_RETRY_SECONDS, Math.max(1, Math.ceil(elapsed / 4)));
    return { startsAt: null, retryAfterSeconds: seconds, paused: null };
  }
  const start = await likelyStart(generation, dependencies);
  if (typeof start === "string")
    return { startsAt: null, retryAfterSeconds: PAUSED_RETRY_SECONDS, paused: start };
  const seconds = Math.ceil((start - now) / 1000) + 1;
  return {
    paused: null,
    startsAt: timestamp(start),
    retryAfterSeconds: Math.min(LONGEST_RETRY_SECONDS, Math.max(1, seconds)),
  };
}

/**
 * The line is served from the first slot that is taken and not used yet: workers take slots before they choose whose
 * they are. Only after those come the free ones. While the queue is paused it says who it waits for instead.
 */
async function likelyStart(
  generation: Queued,
  dependencies: ProspectsDependencies,
): Promise<number | "operator" | "outage"> {
  const { generations, pacerOf, pace, now } = dependencies;
  const { lane, model, id } = generation;
  const notBefore = Date.parse(generation.not_before);
  const [{ nextSlotAt, lineEndsAt, paused }, line] = await Promise.all([
    pacerOf(model).prospects(),
    lane === "interactive" ? generations.inLine(lane, model, Math.max(now(), notBefore)) : none,
  ]);
  if (paused !== null) return paused === "outage" ? "outage" : "operator";
  const firstSlotAt = nextSlotAt - slotsHeld(nextSlotAt, now(), pace) * pace.interval;
  const appointment = generation.appointment_at === null ? lineEndsAt : Date.parse(generation.appointment_at);
  if (lane === "batch") return Math.max(firstSlotAt, notBefore, appointment);
  const place = line.indexOf(id);
  const ahead = place === -1 ? line.length : place;
  const slots = ahead + Math.floor(ahead / INTERACTIVE_PER_BATCH);
  return Math.max(notBefore, firstSlotAt + slots * pace.interval);
}
