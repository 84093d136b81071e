import { randomUUID } from "node:crypto";
import { ConditionalCheckFailedException } from "@aws-sdk/client-dynamodb";
import { type DynamoDBDocumentClient, GetCommand, PutCommand } from "@aws-sdk/lib-dynamodb";
import * as z from "zod";
import { type AccountRefusal, failed, paused, refused, resumed, worked } from "./breaker.ts";
import {
  type Appointment,
  behindLateCall,
  heldOff,
  INITIAL_STATE,
  type LimiterState,
  limiterStateSchema,
  nextFreeSlot,
  type Slot,
  slotNow,
  takeSlot,
  throttledLately,
} from "./limiter-state.ts";
import { isLate, mostThrottled, type Pace } from "./pace.ts";

/** The rate limiter as it stands. Times are epoch milliseconds. */
export interface PacerStatus {
  /** The next slot that is not taken. */
  readonly nextSlotAt: number;
  /** The appointment that the next message would get, if it got one. */
  readonly nextAppointmentAt: number;
  readonly paused: string | null;
  /** Calls that the provider has throttled within about the last hour. */
  readonly throttled: number;
}

/** The rate limiter of one provider account and model, shared by all workers: one item of the table. */
export interface Pacer {
  readonly pace: Pace;
  /** Takes the next slot where it is at most `patience` milliseconds away, or makes an appointment. */
  take(patience: number): Promise<Slot | Appointment>;
  /** A slot taken earlier, as it is now: moved behind late calls, or null where a throttle or a pause has voided it. */
  confirm(slot: Slot): Promise<Slot | null>;
  /** A call left at this time. If that is after its slot, all others move behind it: the provider counts calls. */
  departed(slot: Slot, at: number): Promise<void>;
  /**
   * After a throttle answer: no calls before then, and in any case not for longer than five minutes. `leftAt` is when
   * the call left; now where absent. True where throttles go on although the hold-offs are as long as they get.
   */
  holdOff(until: number, leftAt?: number): Promise<boolean>;
  /**
   * An operator must act: no calls but one probe every `probeEvery` milliseconds. False where the refusal does not
   * prove that yet, so that another generation is asked first.
   */
  pause(reason: string, refusal?: Omit<AccountRefusal, "at">): Promise<boolean>;
  /** Key, permission and money are in order again. An outage lasts until a call works. */
  resume(): Promise<void>;
  /** A call was painted, or judged by its content. A healthy limiter is only read. */
  worked(call: { readonly leftAt: number; readonly probe: boolean }): Promise<void>;
  /** A generation's call failed, or its answer was lost. True while the provider counts as out of order. */
  failed(id: string): Promise<boolean>;
  status(): Promise<PacerStatus>;
}

const PROBE_EVERY_MS = 60_000;
const LONGEST_HOLD_OFF_MS = 300_000;
const MOST_TRIES = 30;

const itemSchema = limiterStateSchema.extend({
  version: z.int(),
  /** Names the last write: a write whose answer was lost, and which is refused by itself, is known by that. */
  move_id: z.string().default(""),
});

type Item = z.infer<typeof itemSchema>;

const FIRST_ITEM: Item = { ...INITIAL_STATE, version: 0, move_id: "" };

export interface PacerOptions {
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

/** The pacer over one item of the table. Every change is a conditional write on the version read. */
export function createPacer(options: PacerOptions): Pacer {
  const { client, table, pace, now, probeEvery = PROBE_EVERY_MS } = options;
  const key = { pk: `pacer#${options.region}#${options.model}` };

  async function read(): Promise<Item> {
    const { Item } = await client.send(new GetCommand({ TableName: table, Key: key, ConsistentRead: true }));
    return Item === undefined ? FIRST_ITEM : itemSchema.parse(Item);
  }

  /** Writes the next state, and returns what the step found; a step that changes nothing writes nothing. */
  async function update<Result>(
    step: (state: LimiterState) => { state: LimiterState; result: Result },
  ): Promise<Result> {
    const id = randomUUID();
    let item = await read();
    for (let attempt = 0; attempt < MOST_TRIES; attempt++) {
      const { state, result } = step(item);
      if (state === item) return result;
      try {
        await client.send(
          new PutCommand({
            TableName: table,
            Item: { ...key, ...state, version: item.version + 1, move_id: id },
            ConditionExpression: "attribute_not_exists(pk) OR version = :read",
            ExpressionAttributeValues: { ":read": item.version },
          }),
        );
        return result;
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
        await options.sleep(Math.random() * 20 * (attempt + 1));
        item = await read();
        // The SDK repeats a write whose answer was lost, and is refused by the write itself: it is there.
        if (item.move_id === id) return result;
      }
    }
    throw new Error("the pacer's item is contended");
  }

  const change = (step: (state: LimiterState) => LimiterState): Promise<void> =>
    update((state) => ({ state: step(state), result: undefined }));

  return {
    pace,
    take: (patience) =>
      update((before) => {
        const { state, answer } = takeSlot(before, { now: now(), patience, pace, probeEvery });
        return { state, result: answer };
      }),
    confirm: async (slot) => slotNow(await read(), slot, now()),
    async departed(slot, at) {
      if (isLate(slot.at, at, pace)) await change((state) => behindLateCall(state, slot, at, pace));
    },
    holdOff: (until, leftAt = now()) =>
      update((before) => {
        const most = mostThrottled(pace);
        const capped = Math.min(until, now() + LONGEST_HOLD_OFF_MS);
        const state = heldOff(before, capped, { now: now(), leftAt, most });
        return { state, result: state.throttle_level === most };
      }),
    pause: (reason, refusal) =>
      update((before) => {
        const probeAt = now() + probeEvery;
        const state =
          refusal === undefined
            ? paused(before, reason, probeAt)
            : refused(before, reason, probeAt, { ...refusal, at: now() });
        return { state, result: state.paused !== null };
      }),
    resume: () => change(resumed),
    worked: (call) => change((state) => worked(state, call)),
    failed: (id) =>
      update((before) => {
        const state = failed(before, id, now() + probeEvery);
        return { state, result: state.paused === "outage" };
      }),
    async status() {
      const state = await read();
      const nextSlotAt = nextFreeSlot(state, now(), pace);
      const nextAppointmentAt = Math.max(nextSlotAt, state.line_ends);
      const throttled = throttledLately(state, now());
      return { nextSlotAt, nextAppointmentAt, paused: state.paused, throttled };
    },
  };
}
