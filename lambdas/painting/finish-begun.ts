import type { Generation, Submitting } from "../generations/record.ts";
import { loseAnswer } from "../generations/transitions.ts";
import { retryDelay } from "../pacing/pace.ts";
import { back, type Disposition, type WorkerDependencies } from "./dependencies.ts";
import { fetchImage } from "./fetch-image.ts";
import { readOrQuarantine } from "./read.ts";

/** How long after the end of a lease a message looks again, in parts of it: clocks differ, and a table can be slow. */
const LEASE_MARGIN = 0.2;

/**
 * Finishes what an earlier delivery of this message began: its own generation, or the one that it lent its turn to.
 * Null where there is nothing to finish, or nothing more to do about it.
 */
export async function finishBegun(
  own: Generation,
  dependencies: WorkerDependencies,
): Promise<Disposition | null> {
  const lent = own.turn_for === null ? null : await readOrQuarantine(own.turn_for, dependencies);
  for (const begun of [own, lent]) {
    if (begun?.state === "painted" && begun.turn === own.id) return fetchImage(begun, dependencies);
    if (begun?.state === "submitting" && begun.turn === own.id) {
      const disposition = await afterLease(begun, dependencies);
      if (disposition !== null) return disposition;
    }
  }
  return null;
}

/** Waits for the end of the lease: until then another delivery may hear the answer. After it, the answer is lost. */
async function afterLease(begun: Submitting, dependencies: WorkerDependencies): Promise<Disposition | null> {
  const { generations, pacerOf, random, leaseSeconds, signal } = dependencies;
  const now = dependencies.now();
  const leaseEnd = Date.parse(begun.lease_until) + leaseSeconds * 1000 * LEASE_MARGIN;
  if (leaseEnd > now) return back(leaseEnd);
  const detail = "The service lost the provider's answer; whether the image was charged is not known.";
  const notBefore = now + retryDelay(begun.attempts, pacerOf(begun.model).pace, random);
  const next = loseAnswer(begun, { now, notBefore, detail });
  if (!(await generations.save(next))) return null;
  signal("OutcomeUnknown", begun.id);
  // The message that lost the answer has to try again: the generation's own message may be used up.
  return next.state === "queued" ? back(notBefore) : null;
}
