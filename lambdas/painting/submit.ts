import type { Submitting } from "../generations/record.ts";
import { refuse } from "../generations/transitions/refuse.ts";
import type { Slot } from "../pacing/limiter-state.ts";
import type { PaintRequest } from "../providers/port.ts";
import { dimensionsOf, sizeFault } from "../providers/sizes.ts";
import { bestEffort } from "./best-effort.ts";
import type { Disposition, WorkerDependencies } from "./dependencies.ts";
import { type Found, withoutCall } from "./find-picture.ts";
import { noteHealth } from "./note-health.ts";
import { recordAnswer } from "./record-answer.ts";
import { settle } from "./settle.ts";
import { leavingAt } from "./slot.ts";
import { whileAnswering } from "./stay-alive.ts";

/** What a call is made with. */
interface Means {
  readonly slot: Slot;
  readonly apiKey: string;
  /** What the bucket says of the picture, before anything is paid for. */
  readonly looking: Promise<Found>;
}

/** Asks the provider once for a claimed generation, at its slot, and writes down what the answer means. */
export function submit(
  generation: Submitting,
  by: Means,
  dependencies: WorkerDependencies,
): Promise<Disposition> {
  return whileAnswering(generation, () => ask(generation, by, dependencies), dependencies);
}

async function ask(
  generation: Submitting,
  { slot, apiKey, looking }: Means,
  dependencies: WorkerDependencies,
): Promise<Disposition> {
  const { now } = dependencies;
  const request = paintRequest(generation, dependencies);
  if (typeof request === "string") {
    const by = { now: now(), code: "provider_misconfigured", provider: null } as const;
    return settle(refuse(generation, { ...by, message: request }), dependencies);
  }
  const leaving = leavingAt(slot, looking, dependencies.pacerOf(generation.model), dependencies);
  const submission = await dependencies.submit(request, apiKey, leaving.depart);
  const found = await looking;
  if (found.kind !== "nothing") return settle(withoutCall(generation, found, dependencies), dependencies);
  const left = leaving.left() ?? { slot, at: now() };
  const call = { slot: left.slot, leftAt: left.at, apiKey };
  const noted = bestEffort(() => noteHealth(generation, submission, call, dependencies));
  const asked = dimensionsOf(request.size);
  // The answer, which is known only here, waits for neither.
  const [disposition] = await Promise.all([
    recordAnswer({ generation, submission, call, asked }, dependencies),
    leaving.noted(),
    noted,
  ]);
  return disposition;
}

/** What the provider is asked for; or why it cannot be asked. Nothing is painted as something else. */
function paintRequest({ input, model }: Submitting, { modelOf }: WorkerDependencies): PaintRequest | string {
  const facts = modelOf(model);
  if (facts === null) return `The model ${model} is not offered any more; nothing was painted.`;
  if (input === null) return "The input was removed before its turn; nothing was painted.";
  if (sizeFault(input.size, facts.size) !== null)
    return `The size ${input.size} is not offered by ${model} any more; nothing was painted.`;
  return { ...input, model };
}
