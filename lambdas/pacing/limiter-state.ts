import * as z from "zod";
import { arrivalAfter, callsInSecond, closest, nextSlot, type Pace } from "./pace.ts";

/**
 * The state of the rate limiter of one provider account and model, as the table keeps it. It keeps two arrival times:
 * the plan, and the calls as they really left (docs/decisions: the line moves behind late calls). Times are epoch
 * milliseconds. The functions below are pure: each makes the next state.
 */
export const limiterStateSchema = z.object({
  /** GCRA's theoretical arrival time: slots before it are taken. */
  arrival: z.number(),
  /** The same by the calls as they really left, and at their closest: before it no call conforms. */
  actual_arrival: z.number().default(0),
  /** The time of the next appointment. Soft, as any message may use any slot. */
  line_ends: z.number(),
  slot_number: z.int(),
  held_until: z.number(),
  paused: z.string().nullable(),
  probe_at: z.number(),
  /** How far late calls have moved the slots, in all. */
  moved: z.number().default(0),
  /** How many late calls left after calls of later slots. */
  overtaken: z.int().default(0),
  /** How many probes the present pause has let through. */
  probes: z.int().default(0),
  /** The generation that was refused last for a fault of the account's, until another passes. */
  refused_id: z.string().nullable().default(null),
  refused_at: z.number().default(0),
  /** When the first call left that passed after such a refusal. */
  healthy_at: z.number().default(0),
  /** Different generations whose calls failed one after another, at most as many as make an outage. */
  failed_ids: z.array(z.string()).default([]),
  /** How far throttles have outnumbered healthy answers: each makes the next hold-off twice as long. */
  throttle_level: z.int().default(0),
  /** When the last hold-off began. */
  throttled_at: z.number().default(0),
  /** For the operator: how many throttles came since, in the last hour or so. */
  tally: z.object({ since: z.number(), throttled: z.int() }).default({ since: 0, throttled: 0 }),
});

export type LimiterState = z.infer<typeof limiterStateSchema>;

/** The state before the first slot. */
export const INITIAL_STATE: LimiterState = {
  arrival: 0,
  actual_arrival: 0,
  line_ends: 0,
  slot_number: 0,
  held_until: 0,
  paused: null,
  probe_at: 0,
  moved: 0,
  overtaken: 0,
  probes: 0,
  refused_id: null,
  refused_at: 0,
  healthy_at: 0,
  failed_ids: [],
  throttle_level: 0,
  throttled_at: 0,
  tally: { since: 0, throttled: 0 },
};

/** A slot of the provider's quota, taken for the one who asked. */
export interface Slot {
  readonly kind: "slot";
  /** When the provider may be asked, in epoch milliseconds. */
  readonly at: number;
  readonly number: number;
  /** While the queue is paused, the one call that finds out whether the fault is mended. */
  readonly probe: boolean;
  /** When it was taken or confirmed last, in epoch milliseconds: what follows is as of then. */
  readonly asOf: number;
  /** How far late calls had moved the slots by then, in milliseconds. */
  readonly moved: number;
  /** How many late calls had left after calls of later slots by then. */
  readonly overtaken: number;
  /** The generation that was refused last for a fault of the account's: a probe goes to another. */
  readonly refusedId: string | null;
  /** When a call left that passed after such a refusal, in epoch milliseconds. */
  readonly healthyAt: number;
  readonly throttleLevel: number;
}

/** Ask again then, in epoch milliseconds: all slots until about then are spoken for, or the queue is paused. */
export interface Appointment {
  readonly kind: "appointment";
  readonly at: number;
}

interface Ask {
  readonly now: number;
  /** How far ahead a slot may be, in milliseconds. */
  readonly patience: number;
  readonly pace: Pace;
  /** How often a paused queue lets one call through, in milliseconds; while an outage lasts, less and less often. */
  readonly probeEvery: number;
}

/** The interval of probes doubles in an outage up to so many times the first: from one to five minutes. */
const LONGEST_PROBE_INTERVALS = 5;

/** Takes the next slot where it is near enough, and makes an appointment where it is not. */
export function takeSlot(state: LimiterState, ask: Ask): { state: LimiterState; answer: Slot | Appointment } {
  const { now, patience, pace, probeEvery } = ask;
  const isPaused = state.paused !== null;
  const slot = dueSlot(state, now, pace);
  const due = isPaused ? Math.max(slot, state.probe_at) : slot;
  const earliest = Math.max(due, conforming(state, pace));
  if (earliest - now > patience) {
    const at = Math.max(earliest, state.line_ends);
    return { state: { ...state, line_ends: at + pace.interval }, answer: { kind: "appointment", at } };
  }
  const number = state.slot_number + 1;
  const probes = isPaused ? state.probes + 1 : state.probes;
  const rarer = state.paused === "outage" ? Math.min(2 ** probes, LONGEST_PROBE_INTERVALS) : 1;
  return {
    state: {
      ...state,
      // By when it was due: so the slots behind late calls catch up with the plan.
      arrival: arrivalAfter(state.arrival, due, pace),
      actual_arrival: Math.max(state.actual_arrival, earliest) + closest(pace),
      slot_number: number,
      probe_at: isPaused ? earliest + probeEvery * rarer : state.probe_at,
      probes,
    },
    answer: { kind: "slot", at: earliest, number, probe: isPaused, asOf: now, ...knownOf(state) },
  };
}

/** What a slot knows of the limiter, as it is when it is taken or confirmed. */
function knownOf({ moved, overtaken, refused_id, healthy_at, throttle_level }: LimiterState) {
  return { moved, overtaken, refusedId: refused_id, healthyAt: healthy_at, throttleLevel: throttle_level };
}

/** A slot that was taken earlier, moved behind late calls; null where a hold-off or a pause has voided it. */
export function slotNow(state: LimiterState, slot: Slot, now: number): Slot | null {
  const { held_until, paused, moved } = state;
  // Never earlier: a release that does not know of `moved` yet drops it.
  const at = slot.at + Math.max(0, moved - slot.moved);
  // Asked shortly before the slot: one that begins just when the hold-off ends is good.
  const stands = held_until <= Math.max(at, now) && (paused === null || slot.probe);
  return stands ? { ...slot, at, asOf: now, ...knownOf(state) } : null;
}

/**
 * Moves the slots behind a call that left after its own. Later slots that are taken keep their distance to it;
 * a call that is late by a whole interval has been overtaken by some of them, and counts as one call more.
 */
export function behindLateCall(state: LimiterState, slot: Slot, leftAt: number, pace: Pace): LimiterState {
  const spacing = closest(pace);
  const late = leftAt - slot.at;
  const isOvertaken = late >= pace.interval;
  const behind = state.slot_number - slot.number + Math.max(0, state.overtaken - slot.overtaken);
  // The room that later slots have leaves the very next ones too close, where the provider counts by the second.
  const isWithinSecond = behind < callsInSecond(pace);
  const latest = isWithinSecond ? leftAt + (behind + 1) * spacing : state.actual_arrival + late;
  const arrival = isOvertaken
    ? Math.max(state.actual_arrival, leftAt) + spacing
    : Math.max(state.actual_arrival, latest);
  return {
    ...state,
    actual_arrival: arrival,
    moved: state.moved + arrival - state.actual_arrival,
    overtaken: state.overtaken + (isOvertaken ? 1 : 0),
  };
}

interface Throttle {
  readonly now: number;
  /** When the call left that was throttled. */
  readonly leftAt: number;
  /** The highest level of throttling. */
  readonly most: number;
}

const TALLY_MS = 3_600_000;

/**
 * No calls before then; slots that were taken are void. A longer hold-off is never shortened. Calls that were on their
 * way when the last hold-off began tell nothing new; a later one shows that it was too short.
 */
export function heldOff(state: LimiterState, until: number, { now, leftAt, most }: Throttle): LimiterState {
  const { tally, throttle_level, throttled_at } = state;
  const isNews = leftAt > throttled_at;
  const isOld = now - tally.since > TALLY_MS;
  return {
    ...state,
    held_until: Math.max(state.held_until, until),
    arrival: Math.max(state.arrival, until),
    throttle_level: isNews ? Math.min(most, throttle_level + 1) : throttle_level,
    throttled_at: isNews ? now : throttled_at,
    tally: isOld ? { since: now, throttled: 1 } : { ...tally, throttled: tally.throttled + 1 },
  };
}

/** How many calls were throttled since they began to be counted, an hour ago at most; 0 where that is longer ago. */
export function throttledLately({ tally }: LimiterState, now: number): number {
  return now - tally.since > TALLY_MS ? 0 : tally.throttled;
}

/** The next slot that is not taken, of a queue that is not paused. */
export function nextFreeSlot(state: LimiterState, now: number, pace: Pace): number {
  return Math.max(dueSlot(state, now, pace), conforming(state, pace));
}

/** When a slot is due: a hold-off counts for the burst too, which GCRA alone would let go first. */
function dueSlot({ arrival, held_until }: LimiterState, now: number, pace: Pace): number {
  return Math.max(nextSlot(arrival, now, pace), held_until);
}

/** When a call conforms, by those that really left. */
function conforming({ actual_arrival }: LimiterState, pace: Pace): number {
  return actual_arrival - (pace.burst - 1) * closest(pace);
}
