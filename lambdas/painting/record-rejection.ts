import type { Generation, Submitting } from "../generations/record.ts";
import { MOST_ATTEMPTS, refuse, requeue } from "../generations/transitions.ts";
import { retryDelay, throttlePause } from "../pacing/pace.ts";
import type { ProviderRefusal } from "../platform/problems.ts";
import type { OperatorFault, Rejected } from "../providers/port.ts";
import { bestEffort } from "./best-effort.ts";
import type { Disposition, WorkerDependencies } from "./dependencies.ts";
import { settle } from "./settle.ts";

/** Submissions in all, by what the error table says of asking again. */
const ATTEMPTS = { never: 1, once: 2, twice: 3, always: MOST_ATTEMPTS, throttled: MOST_ATTEMPTS } as const;

/** The provider painted nothing: queued again where that is allowed, or failed; a pacing or operator fault concerns all. */
export async function recordRejection(
  generation: Submitting,
  answer: Rejected,
  apiKey: string,
  dependencies: WorkerDependencies,
): Promise<Disposition> {
  const now = dependencies.now();
  if (answer.fault === "operator") {
    // It keeps its place in the queue: the fault is not its own.
    const notBefore = Date.parse(generation.created_at);
    const [disposition] = await Promise.all([
      settle(
        requeue(generation, {
          now,
          notBefore,
          counted: false,
          reason: "provider_paused",
          detail: `The provider refuses the service's account (${answer.operatorFault}).`,
          provider: refusalOf(answer),
        }),
        dependencies,
      ),
      pauseUnlessStale(generation, answer.operatorFault, apiKey, dependencies),
    ]);
    return disposition;
  }
  const pause = Math.max(
    (answer.retryAfterSeconds ?? 0) * 1000,
    throttlePause(dependencies.pacerOf(generation.model).pace, dependencies.random),
  );
  const [disposition] = await Promise.all([
    settle(afterRejection(generation, answer, { now, pause }, dependencies), dependencies),
    answer.retry === "throttled"
      ? bestEffort(() => dependencies.pacerOf(generation.model).holdOff(now + pause))
      : undefined,
  ]);
  return disposition;
}

/** Queued again, where the error table and its attempts allow it; or failed. */
function afterRejection(
  generation: Submitting,
  answer: Rejected,
  { now, pause }: { now: number; pause: number },
  { pacerOf, random }: WorkerDependencies,
): Generation {
  if (generation.attempts < ATTEMPTS[answer.retry]) {
    const delay =
      answer.retry === "throttled"
        ? pause
        : retryDelay(generation.attempts, pacerOf(generation.model).pace, random);
    return requeue(generation, {
      now,
      notBefore: now + delay,
      counted: true,
      reason: answer.retry === "throttled" ? "provider_throttled" : "provider_unavailable",
      detail: reasonOf(answer),
      provider: refusalOf(answer),
    });
  }
  const message = answer.provider.message ?? "The provider gave no reason.";
  return refuse(generation, { now, code: answer.problem, message, provider: refusalOf(answer) });
}

/** Stops the queue for an operator's fault. A key that was replaced since it was read is none: the next turn uses the new one. */
async function pauseUnlessStale(
  generation: Submitting,
  fault: OperatorFault,
  apiKey: string,
  dependencies: WorkerDependencies,
): Promise<void> {
  const isStale =
    fault === "key" && (await bestEffort(() => dependencies.providerKey.replaces(apiKey))) === true;
  if (isStale) return;
  await bestEffort(() => dependencies.pacerOf(generation.model).pause(fault));
  dependencies.signal("ProviderPaused", generation.id);
}

/** Why the provider did not paint, in words that are safe to show. */
function reasonOf({ retry, sent, provider }: Rejected): string {
  if (!sent) return `The provider could not be reached (${provider.message ?? "no connection"}).`;
  if (retry === "throttled") return "The provider throttled the call: its quota was used up.";
  return `The provider failed (${provider.status ?? "no status"}${provider.code === null ? "" : `, ${provider.code}`}).`;
}

/** The provider's own words, as the record keeps them. */
export function refusalOf(answer: { provider: Rejected["provider"] }): ProviderRefusal | null {
  const { code, message, requestId } = answer.provider;
  return code === null && requestId === null ? null : { code, message, request_id: requestId };
}
