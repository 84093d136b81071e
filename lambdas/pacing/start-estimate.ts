import { type OpenGeneration, type Queued, timestamp } from "../generations/record.ts";
import type { GenerationStore } from "../generations/table.ts";
import type { Pacer } from "./limiter.ts";
import { slotsHeld } from "./pace.ts";

/** What the caller of an open generation may expect. */
export interface Prospects {
  /** When a queued generation is likely to start; null for one that runs, and while nobody can say. */
  readonly startsAt: string | null;
  /** When it is worth asking again, in whole seconds. */
  readonly retryAfterSeconds: number;
}

interface ProspectsDependencies {
  readonly generations: Pick<GenerationStore, "inLine">;
  readonly pacerOf: (model: string) => Pick<Pacer, "prospects" | "pace">;
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
    return { startsAt: null, retryAfterSeconds: seconds };
  }
  const start = await likelyStart(generation, dependencies);
  if (start === null) return { startsAt: null, retryAfterSeconds: PAUSED_RETRY_SECONDS };
  const seconds = Math.ceil((start - now) / 1000) + 1;
  return {
    startsAt: timestamp(start),
    retryAfterSeconds: Math.min(LONGEST_RETRY_SECONDS, Math.max(1, seconds)),
  };
}

/**
 * The line is served from the first slot that is taken and not used yet: workers take slots before they choose whose
 * they are. Only after those come the free ones.
 */
async function likelyStart(generation: Queued, dependencies: ProspectsDependencies): Promise<number | null> {
  const { generations, pacerOf, now } = dependencies;
  const { lane, model, id } = generation;
  const pacer = pacerOf(model);
  const { pace } = pacer;
  const notBefore = Date.parse(generation.not_before);
  const [{ nextSlotAt, lineEndsAt, paused }, line] = await Promise.all([
    pacer.prospects(),
    lane === "interactive" ? generations.inLine(lane, model, Math.max(now(), notBefore)) : none,
  ]);
  if (paused) return null;
  const firstSlotAt = nextSlotAt - slotsHeld(nextSlotAt, now(), pace) * pace.interval;
  const appointment = generation.appointment_at === null ? lineEndsAt : Date.parse(generation.appointment_at);
  if (lane === "batch") return Math.max(firstSlotAt, notBefore, appointment);
  const place = line.indexOf(id);
  const ahead = place === -1 ? line.length : place;
  const slots = ahead + Math.floor(ahead / INTERACTIVE_PER_BATCH);
  return Math.max(notBefore, firstSlotAt + slots * pace.interval);
}
