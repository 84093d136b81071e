import { messageOf } from "../failure.ts";
import type { Progress } from "../progress.ts";
import { watchBus } from "./bus.ts";
import { doorsOf } from "./doors.ts";
import type { Place } from "./place.ts";
import { type Proof, prove } from "./proof.ts";

/** How one part of the service did. */
export interface Result {
  readonly name: string;
  readonly ok: boolean;
  readonly says: string;
}

/** What a canary has proved, and what its pictures cost. */
export interface Flight {
  readonly results: readonly Result[];
  readonly paid: readonly Pick<Proof, "cost" | "currency">[];
  /** Doors whose picture was not proved: it may be billed all the same. */
  readonly unproved: number;
}

const PROMPT = "A yellow canary on a branch, morning light, a plain background";

/**
 * Paints one picture through each door, one after the other, and holds each against answer, record, bucket and bus. What
 * fails at one door is a result, and does not keep the others from being tried.
 *
 * @throws what the bus throws before anything is spent: without it nothing could be proved of events
 */
export async function fly(place: Place, progress: Progress, signal: AbortSignal): Promise<Flight> {
  const bus = await progress.step("Listening to the bus", () => watchBus(place, signal));
  const results: Result[] = [];
  const paid: Proof[] = [];
  let unproved = 0;
  const attempt = async <T>(name: string, work: () => Promise<T>, saysOf: (done: T) => string) => {
    try {
      const done = await progress.step(name, work);
      results.push({ name, ok: true, says: saysOf(done) });
      return done;
    } catch (error) {
      signal.throwIfAborted();
      results.push({ name, ok: false, says: messageOf(error) });
      return null;
    }
  };
  try {
    for (const { name, paint } of doorsOf(place)) {
      const painted = await attempt(
        name,
        async () => {
          const delivered = await paint(place, PROMPT, signal);
          return { id: delivered.id, proof: await prove(delivered, place) };
        },
        ({ proof }) => proof.says,
      );
      if (painted === null) {
        unproved++;
        continue;
      }
      paid.push(painted.proof);
      await attempt(
        `${name}, event`,
        () => bus.endOf(painted.id),
        (type) => `the bus says "${type}"`,
      );
    }
  } finally {
    await progress.step("Taking rule and queue away", () => bus.remove());
  }
  return { results, paid, unproved };
}
