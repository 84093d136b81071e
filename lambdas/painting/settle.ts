import type { Generation } from "../generations/record.ts";
import { back, type Disposition, DONE, type WorkerDependencies } from "./dependencies.ts";

const MOST_TRIES = 6;

/** Writes down what a known answer leads to; the message is done with it, or comes back for the next attempt. */
export async function settle(next: Generation, dependencies: WorkerDependencies): Promise<Disposition> {
  await persistently(() => dependencies.generations.save(next), dependencies);
  return next.state === "queued" ? back(Date.parse(next.not_before)) : DONE;
}

/**
 * Writes what follows from an answer which is known only here. A service of AWS failing for a while must not turn a
 * known outcome into an unknown one, so the write is repeated as long as the lease can bear it.
 *
 * @throws what the write throws at the last try
 */
export async function persistently<Result>(
  write: () => Promise<Result>,
  { sleep }: Pick<WorkerDependencies, "sleep">,
): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await write();
    } catch (error) {
      if (attempt >= MOST_TRIES) throw error;
      await sleep(100 * 2 ** attempt);
    }
  }
}
