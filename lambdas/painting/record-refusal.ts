import type { Submitting } from "../generations/record.ts";
import { refuse, requeue } from "../generations/transitions/refuse.ts";
import type { Rejected } from "../providers/port.ts";
import { bestEffort } from "./best-effort.ts";
import { type Call, refusalOf } from "./call.ts";
import type { Disposition, WorkerDependencies } from "./dependencies.ts";
import { behindHead } from "./queue-order.ts";
import { settle } from "./settle.ts";

type AccountRefused = Extract<Rejected, { readonly fault: "operator" }>;

/** Refusals of its own, besides the first, after which a generation ends: three calls in all. */
const MOST_OWN_REFUSALS = 2;

/**
 * The provider refuses the account: the generation stays queued and the others stop. Unless others have passed since it
 * was refused before: then the fault is its own, stops nobody else, and ends it soon.
 */
export async function recordRefusal(
  generation: Submitting,
  answer: AccountRefused,
  call: Call,
  dependencies: WorkerDependencies,
): Promise<Disposition> {
  if (othersPassed(generation, call) && !(await isStaleKey(answer, call, dependencies)))
    return recordOwn(generation, answer, dependencies);
  const [disposition] = await Promise.all([
    settle(
      requeue(generation, {
        now: dependencies.now(),
        notBefore: dependencies.now(),
        placeAt: await placeOf(generation, dependencies),
        counted: false,
        reason: "provider_paused",
        detail: `The provider refuses the service's account (${answer.operatorFault}).`,
        provider: refusalOf(answer),
        account: "refused",
      }),
      dependencies,
    ),
    pauseUnlessStale(generation, answer, call, dependencies),
  ]);
  return disposition;
}

/** Whether another was painted, or judged by its content, in a call that left after this one was refused. */
function othersPassed({ refused_at }: Submitting, { slot }: Call): boolean {
  return refused_at !== null && !slot.probe && slot.healthyAt > Date.parse(refused_at);
}

async function recordOwn(
  generation: Submitting,
  answer: AccountRefused,
  dependencies: WorkerDependencies,
): Promise<Disposition> {
  const now = dependencies.now();
  const provider = refusalOf(answer);
  if (generation.own_refusals + 1 >= MOST_OWN_REFUSALS) {
    const code = answer.proof === "status" ? "provider_rejected" : "provider_misconfigured";
    const message = answer.provider.message ?? "The provider refuses this generation and no other.";
    return settle(refuse(generation, { now, code, message, provider }), dependencies);
  }
  const next = requeue(generation, {
    now,
    notBefore: now,
    placeAt: await placeOf(generation, dependencies),
    counted: false,
    reason: "provider_unavailable",
    detail: `The provider refuses this generation and no other (${answer.operatorFault}).`,
    provider,
    account: "refused for its own fault",
  });
  return settle(next, dependencies);
}

async function placeOf(generation: Submitting, dependencies: WorkerDependencies): Promise<number> {
  return (await bestEffort(() => behindHead(generation, dependencies))) ?? Date.parse(generation.created_at);
}

/** Stops the queue for the operator's fault. A key that was replaced since it was read is none: the next turn uses the new one. */
async function pauseUnlessStale(
  { id, model }: Submitting,
  answer: AccountRefused,
  call: Call,
  dependencies: WorkerDependencies,
): Promise<void> {
  if (await isStaleKey(answer, call, dependencies)) return;
  const { operatorFault, proof } = answer;
  const isPaused = await bestEffort(() => dependencies.pacerOf(model).pause(operatorFault, { id, proof }));
  if (isPaused !== false) dependencies.signal("ProviderPaused", id);
}

async function isStaleKey(
  { operatorFault }: AccountRefused,
  { apiKey }: Call,
  { providerKey }: WorkerDependencies,
): Promise<boolean> {
  return operatorFault === "key" && (await bestEffort(() => providerKey.replaces(apiKey))) === true;
}
