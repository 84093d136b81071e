import type { Pacer } from "../pacing/limiter.ts";
import type { Appointment, Slot } from "../pacing/limiter-state.ts";
import type { WorkerDependencies } from "./dependencies.ts";

const MOST_VOIDED_SLOTS = 3;
/** Slots are taken at most this part of the slot wait ahead: the rest is for slots that late calls move. */
const NEAR = 0.8;
/** Claiming begins this long before the slot, so that the call itself leaves at its moment. */
export const PREPARATION_MS = 1500;

/**
 * Takes a slot that is near and waits until shortly before it; or makes an appointment. A slot that a throttle or a
 * pause voids meanwhile is replaced. `prepare` is called as soon as there is a slot.
 */
export async function slotOrAppointment(
  model: string,
  dependencies: WorkerDependencies,
  prepare: () => void,
): Promise<Slot | Appointment> {
  const pacer = dependencies.pacerOf(model);
  for (let voided = 0; voided < MOST_VOIDED_SLOTS; voided++) {
    const taken = await pacer.take(dependencies.slotWaitMs * NEAR);
    if (taken.kind === "appointment") return taken;
    prepare();
    const slot = await untilNear(taken, pacer, dependencies);
    if (slot !== null) return slot;
  }
  return { kind: "appointment", at: dependencies.now() + pacer.pace.interval };
}

/** Waits for a slot, also where late calls move it; null where it is voided, or moved too far away. */
async function untilNear(slot: Slot, pacer: Pacer, dependencies: WorkerDependencies): Promise<Slot | null> {
  const { now, sleep, slotWaitMs } = dependencies;
  const patience = now() + slotWaitMs;
  for (let awaited = slot; ; ) {
    const wait = awaited.at - PREPARATION_MS - now();
    // As near as this it is known from being taken.
    if (wait <= 0 && awaited === slot) return slot;
    if (wait > 0) await sleep(wait);
    const confirmed = await pacer.confirm(awaited);
    if (confirmed === null || confirmed.at > patience) return null;
    if (confirmed.at - awaited.at < PREPARATION_MS) return confirmed;
    awaited = confirmed;
  }
}
