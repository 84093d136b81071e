import type { Submitting } from "../generations/record.ts";
import type { Submission } from "../providers/port.ts";
import type { Call } from "./call.ts";
import type { WorkerDependencies } from "./dependencies.ts";

/** Tells the limiter what an answer says of the provider. Throttles and refusals of the account are told with the record. */
export async function noteHealth(
  { id, model }: Submitting,
  submission: Submission,
  { slot, leftAt }: Call,
  { pacerOf, signal }: WorkerDependencies,
): Promise<void> {
  const pacer = pacerOf(model);
  if (works(submission)) return pacer.worked({ leftAt, probe: slot.probe });
  if (slot.probe && isAccountInOrder(submission)) await pacer.resume();
  if (fails(submission) && (await pacer.failed(id))) signal("ProviderOutage", id);
}

/** Painted, or judged by what was asked for. */
function works(submission: Submission): boolean {
  return (
    submission.outcome === "accepted" ||
    (submission.outcome === "rejected" && (submission.fault === "content" || submission.fault === "caller"))
  );
}

/** Lost, unreachable, or failed by the provider's fault. */
function fails(submission: Submission): boolean {
  return (
    submission.outcome === "unknown" || (submission.outcome === "rejected" && submission.fault === "provider")
  );
}

/** Whether an answer shows that key, permission and money are in order. */
function isAccountInOrder(submission: Submission): boolean {
  return submission.outcome === "rejected" && submission.sent && submission.fault !== "operator";
}
