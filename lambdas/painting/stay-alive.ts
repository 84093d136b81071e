import type { Submitting } from "../generations/record.ts";
import { bestEffort } from "./best-effort.ts";
import type { WorkerDependencies } from "./dependencies.ts";

/** Does something for a claim, and meanwhile answers whoever asks whether its worker still lives. */
export async function whileAnswering<Result>(
  claim: Submitting,
  work: () => Promise<Result>,
  dependencies: WorkerDependencies,
): Promise<Result> {
  const { every, liveness } = dependencies;
  const stop = every(liveness.heartbeatMs, async () => {
    const look = () => answer(claim, dependencies);
    // A question that is not answered ends the claim: one failing call is not enough for that.
    await bestEffort(() => look().catch(look));
  });
  return work().finally(stop);
}

async function answer(claim: Submitting, { generations }: WorkerDependencies): Promise<void> {
  const latest = await generations.get(claim.id);
  if (latest?.state !== "submitting" || latest.claim_id !== claim.claim_id) return;
  if (latest.inquiry_at !== null) await generations.answerInquiry(claim);
}
