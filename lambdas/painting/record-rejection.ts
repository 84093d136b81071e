import type { Generation, Submitting } from "../generations/record.ts";
import { MOST_ATTEMPTS, refuse, requeue } from "../generations/transitions/refuse.ts";
import { retryDelay, throttlePause } from "../pacing/pace.ts";
import type { Rejected } from "../providers/port.ts";
import { bestEffort } from "./best-effort.ts";
import { type Call, refusalOf } from "./call.ts";
import type { Disposition, WorkerDependencies } from "./dependencies.ts";
import { recordRefusal } from "./record-refusal.ts";
import { settle } from "./settle.ts";

/** Submissions in all, by what the error table says of asking again. Throttles cost time and no tries. */
const ATTEMPTS = { never: 1, once: 2, twice: 3, always: MOST_ATTEMPTS } as const;

/** The provider painted nothing: queued again where that is allowed, or failed; a throttle or a refused account concerns all. */
export function recordRejection(
  generation: Submitting,
  answer: Rejected,
  call: Call,
  dependencies: WorkerDependencies,
): Promise<Disposition> {
  if (answer.fault === "operator") return recordRefusal(generation, answer, call, dependencies);
  if (answer.fault === "pacing") return recordThrottle(generation, answer, call, dependencies);
  const allowed = ATTEMPTS[answer.retry];
  return settle(afterFailure(generation, answer, allowed, dependencies), dependencies);
}

/** Everybody is held off, and the generation with them: as long as its deadline lives. */
async function recordThrottle(
  generation: Submitting,
  answer: Rejected,
  { slot, leftAt }: Call,
  dependencies: WorkerDependencies,
): Promise<Disposition> {
  const now = dependencies.now();
  const pacer = dependencies.pacerOf(generation.model);
  const notBefore =
    now +
    Math.max(
      (answer.retryAfterSeconds ?? 0) * 1000,
      throttlePause(pacer.pace, slot.throttleLevel, dependencies.random),
    );
  const next = requeue(generation, {
    now,
    notBefore,
    counted: false,
    reason: "provider_throttled",
    detail: "The provider throttled the call: its quota was used up.",
    provider: refusalOf(answer),
  });
  const [disposition, isLong] = await Promise.all([
    settle(next, dependencies),
    bestEffort(() => pacer.holdOff(notBefore, leftAt)),
  ]);
  if (isLong === true) dependencies.signal("ProviderThrottledLong", generation.id);
  return disposition;
}

/** Queued again, where the error table and its attempts allow it; or failed. */
function afterFailure(
  generation: Submitting,
  answer: Rejected,
  allowed: number,
  dependencies: WorkerDependencies,
): Generation {
  const now = dependencies.now();
  const provider = refusalOf(answer);
  if (generation.attempts < allowed) {
    const { pace } = dependencies.pacerOf(generation.model);
    return requeue(generation, {
      now,
      notBefore: now + retryDelay(generation.attempts, pace, dependencies.random),
      counted: true,
      reason: "provider_unavailable",
      detail: reasonOf(answer),
      provider,
    });
  }
  const message = answer.provider.message ?? "The provider gave no reason.";
  return refuse(generation, { now, code: answer.problem, message, provider });
}

/** Why the provider did not paint, in words that are safe to show. */
function reasonOf({ sent, provider }: Rejected): string {
  if (!sent) return `The provider could not be reached (${provider.message ?? "no connection"}).`;
  return `The provider failed (${provider.status ?? "no status"}${provider.code === null ? "" : `, ${provider.code}`}).`;
}
