import type { Generation } from "../generations/record.ts";
import { bestEffort } from "./best-effort.ts";
import { back, type Disposition, DONE, type WorkerDependencies } from "./dependencies.ts";

/** So often it is tried in any case: a clock that jumps must not cost an answer. */
const LEAST_TRIES = 6;
const LONGEST_PAUSE_MS = 5000;
/** The part of the lease that is left when the last try begins. */
const MARGIN = 0.05;

/** Writes down what a known answer leads to; the message is done with it, or comes back for the next attempt. */
export async function settle(next: Generation, dependencies: WorkerDependencies): Promise<Disposition> {
  await persistently(() => dependencies.generations.save(next), leaseEndOf(next, dependencies), dependencies);
  return next.state === "queued" ? back(Date.parse(next.not_before)) : DONE;
}

/** When the lease of the claim ends that led to this state (epoch milliseconds): the history knows the claim. */
function leaseEndOf({ history }: Generation, { leaseSeconds }: WorkerDependencies): number {
  const claimed = history.findLast(({ event }) => event === "claimed");
  return claimed === undefined ? 0 : Date.parse(claimed.last_at) + leaseSeconds * 1000;
}

/**
 * Writes what follows from an answer which is known only here. A service of AWS failing for a while must not turn a
 * known outcome into an unknown one, so the write is repeated until shortly before the lease ends (epoch milliseconds).
 * After every failure `meanwhile` may keep the answer elsewhere; what it throws is passed over.
 *
 * @throws what the write throws at the last try
 */
export async function persistently<Result>(
  write: () => Promise<Result>,
  leaseEnd: number,
  { sleep, now, leaseSeconds }: Pick<WorkerDependencies, "sleep" | "now" | "leaseSeconds">,
  meanwhile: () => Promise<void> = async () => {},
): Promise<Result> {
  const last = leaseEnd - leaseSeconds * 1000 * MARGIN;
  for (let attempt = 1; ; attempt++) {
    try {
      return await write();
    } catch (error) {
      await bestEffort(meanwhile);
      const pause = Math.min(LONGEST_PAUSE_MS, 100 * 2 ** attempt);
      if (attempt >= LEAST_TRIES && now() + pause > last) throw error;
      await sleep(pause);
    }
  }
}
