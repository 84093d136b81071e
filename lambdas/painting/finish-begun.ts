import { readOrQuarantine } from "../generations/quarantine.ts";
import type { Generation, Submitting } from "../generations/record.ts";
import { loseAnswer } from "../generations/transitions/lose-answer.ts";
import { retryDelay } from "../pacing/pace.ts";
import { back, type Disposition, type WorkerDependencies } from "./dependencies.ts";
import { fetchImage } from "./fetch-image.ts";
import { settleLateAnswer } from "./late-answer.ts";

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
      const disposition = await afterClaim(begun, dependencies);
      if (disposition !== null) return disposition;
    }
  }
  return null;
}

/**
 * A call whose answer is not in the table. While its worker lives, and until the lease ends, the answer may still come;
 * after that it is looked for beside the table, and then it is lost.
 */
async function afterClaim(begun: Submitting, dependencies: WorkerDependencies): Promise<Disposition | null> {
  const { leaseSeconds } = dependencies;
  const leaseEnd = Date.parse(begun.lease_until) + leaseSeconds * 1000 * LEASE_MARGIN;
  if (leaseEnd > dependencies.now()) {
    const question = await askWorker(begun, dependencies);
    // The lease ends before the question does.
    if (question !== null) return back(Math.min(question, leaseEnd));
  }
  const kept = await dependencies.answers.accepted(begun);
  return kept === null ? loseIt(begun, leaseEnd, dependencies) : settleLateAnswer(begun, kept, dependencies);
}

/**
 * Asks the worker of a claim whether it lives: SQS may deliver twice, and signs of life may fail. Answers when to look
 * again (epoch milliseconds), or null when the worker had its time and said nothing.
 */
async function askWorker(begun: Submitting, dependencies: WorkerDependencies): Promise<number | null> {
  const { generations, liveness, now } = dependencies;
  if (begun.inquiry_at === null) {
    await generations.inquire(begun, now());
    return now() + liveness.inquiryMs;
  }
  const end = Date.parse(begun.inquiry_at) + liveness.inquiryMs;
  return end > now() ? end : null;
}

async function loseIt(
  begun: Submitting,
  leaseEnd: number,
  dependencies: WorkerDependencies,
): Promise<Disposition | null> {
  const { generations, pacerOf, random, signal } = dependencies;
  const now = dependencies.now();
  const detail = "The service lost the provider's answer; whether the image was charged is not known.";
  const delay = now + retryDelay(begun.attempts, pacerOf(begun.model).pace, random);
  // That a worker seems dead may be told at once. It may not buy a second picture while the lease lives.
  const notBefore = Math.max(delay, leaseEnd);
  const next = loseAnswer(begun, { now, notBefore, detail });
  if (!(await generations.save(next))) return null;
  signal("OutcomeUnknown", begun.id);
  // The message that lost the answer has to try again: the generation's own message may be used up.
  return next.state === "queued" ? back(notBefore) : null;
}
