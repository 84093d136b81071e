import type { Pacer } from "../pacing/limiter.ts";
import type { Appointment, Slot } from "../pacing/limiter-state.ts";
import { callsInSecond, closest, type Pace } from "../pacing/pace.ts";
import type { Departure } from "../providers/port.ts";
import { bestEffort } from "./best-effort.ts";
import type { WorkerDependencies } from "./dependencies.ts";
import type { Found } from "./find-picture.ts";

const MOST_VOIDED_SLOTS = 3;
/** Slots are taken at most this part of the slot wait ahead: the rest is for slots that late calls move. */
const NEAR = 0.8;
/** Claiming begins this long before the slot, so that the call itself leaves at its moment. */
const PREPARATION_MS = 1500;
/** How long before its slot a call looks whether the one before it left late. */
const LAST_LOOK_MS = 60;
/** What a note takes to be written, and clocks of two workers may differ by. */
const NOTE_MS = 60;
/** A note that took longer than this tells of an earlier time than the call's. */
const PROMPT_MS = 10;
const MOST_LOOKS = 3;

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

interface Left {
  readonly slot: Slot;
  readonly at: number;
}

/** How a call leaves. The connection stands by then, so that the provider counts it when it leaves. */
export interface Leaving {
  readonly depart: Departure;
  /** The slot it had in the end, and when it left (epoch milliseconds): null where it did not. */
  readonly left: () => Left | null;
  /** The limiter knows by then when it left. */
  readonly noted: () => Promise<void>;
}

/** Leaves at a slot, unless the bucket has the picture or does not say. */
export function leavingAt(
  taken: Slot,
  looking: Promise<Found>,
  pacer: Pacer,
  dependencies: Pick<WorkerDependencies, "now" | "sleep" | "slotWaitMs">,
): Leaving {
  const { now } = dependencies;
  let left: Left | null = null;
  let noted = Promise.resolve();
  const leave = (slot: Slot) => {
    const at = now();
    left = { slot, at };
    noted = bestEffort(() => pacer.departed(slot, at)).then(() => {});
    return at;
  };

  return {
    left: () => left,
    noted: () => noted,
    async depart() {
      if ((await looking).kind !== "nothing") return false;
      let slot = await untilSlot(taken, pacer, dependencies);
      let due = slot.at;
      for (let look = 0; look < MOST_LOOKS && isVeryLate(slot, pacer, now()); look++) {
        const other = isOvertaken(due, pacer, now()) ? await takeOther(slot, pacer, dependencies) : null;
        if (other !== null) {
          slot = await untilSlot(other, pacer, dependencies);
          due = slot.at;
          continue;
        }
        // The next call looks for this note shortly before its own slot: here it comes before the call.
        const at = leave(slot);
        await noted;
        if (now() - at <= PROMPT_MS && !isOvertaken(due, pacer, now())) return true;
        slot = { ...slot, at };
      }
      leave(slot);
      return true;
    },
  };
}

/** So late that a note of it may come too late for the next call. */
function isVeryLate(slot: Slot, pacer: Pacer, now: number): boolean {
  return isClose(pacer) && now - slot.at > nextCounted(pacer.pace) / 4;
}

/** How long after a call the first one may leave that the provider counts in another window, in milliseconds. */
function nextCounted(pace: Pace): number {
  return callsInSecond(pace) * closest(pace);
}

/** Whether the call of the next slot may be leaving, and have looked before this one was noted. */
function isOvertaken(due: number, { pace }: Pacer, now: number): boolean {
  return now - due > nextCounted(pace) - LAST_LOOK_MS - NOTE_MS;
}

/** Another slot for a call that missed its own; null where none is near. */
async function takeOther(
  { probe }: Slot,
  pacer: Pacer,
  { slotWaitMs }: Pick<WorkerDependencies, "slotWaitMs">,
): Promise<Slot | null> {
  const taken = probe ? undefined : await bestEffort(() => pacer.take(slotWaitMs));
  return taken?.kind === "slot" ? taken : null;
}

/** Waits until a slot has come. Late calls move it: also between the claim and the slot, where slots are that close. */
async function untilSlot(
  slot: Slot,
  pacer: Pacer,
  { now, sleep }: Pick<WorkerDependencies, "now" | "sleep">,
): Promise<Slot> {
  let awaited = slot;
  for (let look = 0; look < MOST_LOOKS && isClose(pacer); look++) {
    // What was known then includes the call before.
    if (awaited.asOf >= awaited.at - LAST_LOOK_MS) break;
    const wait = awaited.at - LAST_LOOK_MS - now();
    if (wait > 0) await sleep(wait);
    // One that is voided as late as this leaves all the same, as those do that are on their way.
    awaited = (await bestEffort(() => pacer.confirm(awaited))) ?? { ...awaited, asOf: now() };
  }
  const early = awaited.at - now();
  if (early > 0) await sleep(early);
  return awaited;
}

/** Slots so close that the call before may leave while this one prepares. */
function isClose({ pace }: Pacer): boolean {
  return pace.interval <= 2 * PREPARATION_MS;
}
