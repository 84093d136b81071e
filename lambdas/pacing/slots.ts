import * as z from "zod";
import { arrivalAfter, closest, nextSlot, type Pace } from "./pace.ts";

/**
 * The line of slots of one provider account and model, as pure functions from one state to the next. It keeps two lines:
 * the plan, and the calls as they really left (docs/decisions: the line moves behind late calls). Times are epoch
 * milliseconds.
 */
export const lineSchema = z.object({
  /** GCRA's theoretical arrival time: slots before it are taken. */
  arrival: z.number(),
  /** The same by the calls as they really left, and at their closest: before it no call conforms. */
  actual_arrival: z.number().default(0),
  /** The end of the line: the time of the next appointment. Soft, as any message may use any slot. */
  line_ends: z.number(),
  slot_number: z.int(),
  held_until: z.number(),
  paused: z.string().nullable(),
  probe_at: z.number(),
  /** How far late calls have moved the line, in all, and how many came after those behind them. */
  moved: z.number().default(0),
  overtaken: z.int().default(0),
});

export type Line = z.infer<typeof lineSchema>;

/** The line before its first slot. */
export const EMPTY_LINE: Line = {
  arrival: 0,
  actual_arrival: 0,
  line_ends: 0,
  slot_number: 0,
  held_until: 0,
  paused: null,
  probe_at: 0,
  moved: 0,
  overtaken: 0,
};

/** A slot of the provider's quota, taken for the one who asked. */
export interface Slot {
  readonly kind: "slot";
  /** When the provider may be asked, in epoch milliseconds. */
  readonly at: number;
  readonly number: number;
  /** While the queue is paused, the one call that finds out whether the fault is mended. */
  readonly probe: boolean;
  /** How far late calls had moved the line by then, in milliseconds, and how many of them others had overtaken. */
  readonly moved: number;
  readonly overtaken: number;
}

/** What the pacer answers to a message that wants its turn. Times are epoch milliseconds. */
export type Turn =
  /** A slot of the provider's quota, now or very soon. It is taken: nobody else gets it. */
  | Slot
  /** Come back then: every slot until about then is spoken for, or the queue is paused. */
  | { readonly kind: "appointment"; readonly at: number };

interface Ask {
  readonly now: number;
  /** How far ahead a slot may be, in milliseconds. */
  readonly patience: number;
  readonly pace: Pace;
  /** How often a paused queue lets one call through, in milliseconds. */
  readonly probeEvery: number;
}

/** The line after a message asked for its turn, and its answer: a slot, or an appointment where it is too far ahead. */
export function takeTurn(line: Line, ask: Ask): { line: Line; turn: Turn } {
  const { now, patience, pace, probeEvery } = ask;
  const isPaused = line.paused !== null;
  const slot = dueSlot(line, now, pace);
  const due = isPaused ? Math.max(slot, line.probe_at) : slot;
  const earliest = Math.max(due, conforming(line, pace));
  if (earliest - now > patience) {
    const at = Math.max(earliest, line.line_ends);
    return { line: { ...line, line_ends: at + pace.interval }, turn: { kind: "appointment", at } };
  }
  const { moved, overtaken } = line;
  const number = line.slot_number + 1;
  return {
    line: {
      ...line,
      // By when it was due: so the slots behind late calls catch up with the plan.
      arrival: arrivalAfter(line.arrival, due, pace),
      actual_arrival: Math.max(line.actual_arrival, earliest) + closest(pace),
      slot_number: number,
      probe_at: isPaused ? earliest + probeEvery : line.probe_at,
    },
    turn: { kind: "slot", at: earliest, number, probe: isPaused, moved, overtaken },
  };
}

/** A slot that was taken earlier, moved with the line; null where a hold-off or a pause has voided it. */
export function slotNow(
  { held_until, paused, moved, overtaken }: Line,
  slot: Slot,
  now: number,
): Slot | null {
  // Never earlier: a release that does not know of it yet drops how far the line has moved.
  const at = slot.at + Math.max(0, moved - slot.moved);
  // Asked shortly before the slot: one that begins just when the hold-off ends is good.
  const stands = held_until <= Math.max(at, now) && (paused === null || slot.probe);
  return stands ? { ...slot, at, moved, overtaken } : null;
}

/**
 * The line behind a call that left after its slot. Those that hold later slots leave after it, each at its distance;
 * a call that is later than a whole interval came after some of them, and is one call more.
 */
export function behindLateCall(line: Line, slot: Slot, leftAt: number, pace: Pace): Line {
  const spacing = closest(pace);
  const isOvertaken = leftAt - slot.at >= pace.interval;
  const behind = line.slot_number - slot.number + Math.max(0, line.overtaken - slot.overtaken);
  const arrival = isOvertaken
    ? Math.max(line.actual_arrival, leftAt) + spacing
    : Math.max(line.actual_arrival, leftAt + (behind + 1) * spacing);
  return {
    ...line,
    actual_arrival: arrival,
    moved: line.moved + arrival - line.actual_arrival,
    overtaken: line.overtaken + (isOvertaken ? 1 : 0),
  };
}

/** Nobody asks the provider before then; slots that were taken are void. A longer hold-off is never shortened. */
export function heldOff(line: Line, until: number): Line {
  return {
    ...line,
    held_until: Math.max(line.held_until, until),
    arrival: Math.max(line.arrival, until),
  };
}

/** Nobody asks the provider but a probe now and then, the first of them at `probeAt`. Paused again, it is the same pause. */
export function paused(line: Line, reason: string, probeAt: number): Line {
  return line.paused === null ? { ...line, paused: reason, probe_at: probeAt } : line;
}

/** Everybody may ask the provider again. */
export function resumed(line: Line): Line {
  return line.paused === null ? line : { ...line, paused: null };
}

/** When a message that came now would have its turn. */
export function nextFree(line: Line, now: number, pace: Pace): number {
  return Math.max(dueSlot(line, now, pace), conforming(line, pace));
}

/** When a slot is due: a hold-off counts for the burst too, which GCRA alone would let go first. */
function dueSlot({ arrival, held_until }: Line, now: number, pace: Pace): number {
  return Math.max(nextSlot(arrival, now, pace), held_until);
}

/** When a call conforms, by those that really left. */
function conforming({ actual_arrival }: Line, pace: Pace): number {
  return actual_arrival - (pace.burst - 1) * closest(pace);
}
