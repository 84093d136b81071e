import { randomUUID } from "node:crypto";
import { ConditionalCheckFailedException } from "@aws-sdk/client-dynamodb";
import { type DynamoDBDocumentClient, GetCommand, PutCommand } from "@aws-sdk/lib-dynamodb";
import * as z from "zod";
import { arrivalAfter, closest, isLate, nextSlot, type Pace } from "../generation/pace.ts";

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

/** One pace for all workers, kept in one item per provider region and model. */
export interface Pacer {
  /** Takes the next slot where it is at most `patience` milliseconds away, or makes an appointment. */
  take(patience: number): Promise<Turn>;
  /** A slot taken earlier, as it is now: moved with the line, or null where a throttle or a pause has voided it. */
  confirm(slot: Slot): Promise<Slot | null>;
  /** A call left at this time. Where that is after its slot, all others move behind it: the provider counts calls. */
  departed(slot: Slot, at: number): Promise<void>;
  /** After a throttle answer: nobody asks the provider before then. */
  holdOff(until: number): Promise<void>;
  /** An operator must act: nobody asks the provider, but for one probe every `probeEvery` milliseconds. */
  pause(reason: string): Promise<void>;
  /** The provider works again. */
  resume(): Promise<void>;
  /** When a message that came now would have its turn, and whether the queue is paused. */
  prospects(): Promise<{ nextSlotAt: number; lineEndsAt: number; paused: boolean }>;
}

const PROBE_EVERY_MS = 60_000;
const MOST_TRIES = 30;

const stateSchema = z.object({
  version: z.int(),
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
  /** Names the last move: whose answer is lost, and who is refused by itself, knows it by that. */
  move_id: z.string().default(""),
});

type State = z.infer<typeof stateSchema>;

const START: State = {
  version: 0,
  arrival: 0,
  actual_arrival: 0,
  line_ends: 0,
  slot_number: 0,
  held_until: 0,
  paused: null,
  probe_at: 0,
  moved: 0,
  overtaken: 0,
  move_id: "",
};

interface PacerOptions {
  readonly client: DynamoDBDocumentClient;
  readonly table: string;
  readonly region: string;
  readonly model: string;
  readonly pace: Pace;
  /** How often a paused queue lets one call through, in milliseconds; once a minute when absent. */
  readonly probeEvery?: number;
  readonly now: () => number;
  readonly sleep: (milliseconds: number) => Promise<void>;
}

/** The pacer over one item of the table. Each move is a conditional write on the version read. */
export function createPacer(options: PacerOptions): Pacer {
  const { client, table, pace, now, probeEvery = PROBE_EVERY_MS } = options;
  const key = { pk: `pacer#${options.region}#${options.model}` };

  async function read(): Promise<State> {
    const { Item } = await client.send(new GetCommand({ TableName: table, Key: key, ConsistentRead: true }));
    return Item === undefined ? START : stateSchema.parse(Item);
  }

  async function move<Result>(step: (state: State) => { next: State; result: Result }): Promise<Result> {
    const id = randomUUID();
    let state = await read();
    for (let attempt = 0; attempt < MOST_TRIES; attempt++) {
      const { next, result } = step(state);
      if (next === state) return result;
      try {
        await client.send(
          new PutCommand({
            TableName: table,
            Item: { ...key, ...next, version: state.version + 1, move_id: id },
            ConditionExpression: "attribute_not_exists(pk) OR version = :read",
            ExpressionAttributeValues: { ":read": state.version },
          }),
        );
        return result;
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
        await options.sleep(Math.random() * 20 * (attempt + 1));
        state = await read();
        // The SDK repeats a write whose answer was lost, and is refused by the write itself: it is there.
        if (state.move_id === id) return result;
      }
    }
    throw new Error("the pacer's item is contended");
  }

  return {
    take: (patience) => move((state) => takeTurn(state, { now: now(), patience, pace, probeEvery })),
    async confirm(slot) {
      const { held_until, paused, moved, overtaken } = await read();
      // Never earlier: a release that does not know of it yet drops how far the line has moved.
      const at = slot.at + Math.max(0, moved - slot.moved);
      // Asked shortly before the slot: one that begins just when the hold-off ends is good.
      const stands = held_until <= Math.max(at, now()) && (paused === null || slot.probe);
      return stands ? { ...slot, at, moved, overtaken } : null;
    },
    async departed(slot, at) {
      if (isLate(slot.at, at, pace))
        await move((state) => ({ next: behindLateCall(state, slot, at, pace), result: undefined }));
    },
    holdOff: (until) =>
      move((state) => ({
        next: {
          ...state,
          held_until: Math.max(state.held_until, until),
          arrival: Math.max(state.arrival, until),
        },
        result: undefined,
      })),
    pause: (reason) =>
      move((state) => ({
        next: state.paused === null ? { ...state, paused: reason, probe_at: now() + probeEvery } : state,
        result: undefined,
      })),
    resume: () =>
      move((state) => ({
        next: state.paused === null ? state : { ...state, paused: null },
        result: undefined,
      })),
    async prospects() {
      const state = await read();
      const next = Math.max(dueSlot(state, now(), pace), conforming(state, pace));
      return { nextSlotAt: next, lineEndsAt: Math.max(next, state.line_ends), paused: state.paused !== null };
    },
  };
}

/** When a slot is due: a hold-off counts for the burst too, which GCRA alone would let go first. */
function dueSlot({ arrival, held_until }: State, now: number, pace: Pace): number {
  return Math.max(nextSlot(arrival, now, pace), held_until);
}

/** When a call conforms, by those that really left. */
function conforming({ actual_arrival }: State, pace: Pace): number {
  return actual_arrival - (pace.burst - 1) * closest(pace);
}

/**
 * The line behind a call that left after its slot. Those that hold later slots leave after it, each at its distance;
 * a call that is later than a whole interval came after some of them, and is one call more.
 */
function behindLateCall(state: State, slot: Slot, leftAt: number, pace: Pace): State {
  const spacing = closest(pace);
  const isOvertaken = leftAt - slot.at >= pace.interval;
  const behind = state.slot_number - slot.number + Math.max(0, state.overtaken - slot.overtaken);
  const arrival = isOvertaken
    ? Math.max(state.actual_arrival, leftAt) + spacing
    : Math.max(state.actual_arrival, leftAt + (behind + 1) * spacing);
  return {
    ...state,
    actual_arrival: arrival,
    moved: state.moved + arrival - state.actual_arrival,
    overtaken: state.overtaken + (isOvertaken ? 1 : 0),
  };
}

/** One step of the pacer, pure: the state after a message asked for its turn, and its answer. */
function takeTurn(
  state: State,
  ask: { now: number; patience: number; pace: Pace; probeEvery?: number },
): { next: State; result: Turn } {
  const { now, patience, pace, probeEvery = PROBE_EVERY_MS } = ask;
  const { paused } = state;
  const slot = dueSlot(state, now, pace);
  const due = paused === null ? slot : Math.max(slot, state.probe_at);
  const earliest = Math.max(due, conforming(state, pace));
  if (earliest - now <= patience) {
    const slotNumber = state.slot_number + 1;
    return {
      next: {
        ...state,
        // By when it was due: so the slots behind late calls catch up with the plan.
        arrival: arrivalAfter(state.arrival, due, pace),
        actual_arrival: Math.max(state.actual_arrival, earliest) + closest(pace),
        slot_number: slotNumber,
        probe_at: paused === null ? state.probe_at : earliest + probeEvery,
      },
      result: {
        kind: "slot",
        at: earliest,
        number: slotNumber,
        probe: paused !== null,
        moved: state.moved,
        overtaken: state.overtaken,
      },
    };
  }
  const at = Math.max(earliest, state.line_ends);
  return { next: { ...state, line_ends: at + pace.interval }, result: { kind: "appointment", at } };
}
