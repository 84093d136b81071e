import type { Generation } from "../generations/record.ts";
import { back, type Disposition, DONE, type WorkerDependencies } from "./dependencies.ts";

const MOST_TRIES = 6;

/** Writes down what a known answer leads to; the message is done with it, or comes back for the next attempt. */
export async function settle(next: Generation, dependencies: WorkerDependencies): Promise<Disposition> {
  await savePersistently(next, dependencies);
  return next.state === "queued" ? back(Date.parse(next.not_before)) : DONE;
}

/**
 * Writes a state that follows from an answer which is known only here. The table failing for a while must not turn a
 * known outcome into an unknown one, so the write is repeated as long as the lease can bear it.
 *
 * @returns false when another write was quicker
 * @throws what the table throws at the last try
 */
export async function savePersistently(
  next: Generation,
  { generations, sleep }: Pick<WorkerDependencies, "generations" | "sleep">,
): Promise<boolean> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await generations.save(next);
    } catch (error) {
      if (attempt >= MOST_TRIES) throw error;
      await sleep(100 * 2 ** attempt);
    }
  }
}
