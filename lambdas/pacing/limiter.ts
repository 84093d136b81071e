import { randomUUID } from "node:crypto";
import { ConditionalCheckFailedException } from "@aws-sdk/client-dynamodb";
import { type DynamoDBDocumentClient, GetCommand, PutCommand } from "@aws-sdk/lib-dynamodb";
import * as z from "zod";
import { isLate, type Pace } from "./pace.ts";
import {
  behindLateCall,
  EMPTY_LINE,
  heldOff,
  type Line,
  lineSchema,
  nextFree,
  paused,
  resumed,
  type Slot,
  slotNow,
  type Turn,
  takeTurn,
} from "./slots.ts";

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
  /** When a message that came now would have its turn, and why the queue is paused, if it is. */
  prospects(): Promise<{ nextSlotAt: number; lineEndsAt: number; paused: string | null }>;
}

const PROBE_EVERY_MS = 60_000;
const MOST_TRIES = 30;

const itemSchema = lineSchema.extend({
  version: z.int(),
  /** Names the last move: whose answer is lost, and who is refused by itself, knows it by that. */
  move_id: z.string().default(""),
});

type Item = z.infer<typeof itemSchema>;

const FIRST_ITEM: Item = { ...EMPTY_LINE, version: 0, move_id: "" };

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

  async function read(): Promise<Item> {
    const { Item } = await client.send(new GetCommand({ TableName: table, Key: key, ConsistentRead: true }));
    return Item === undefined ? FIRST_ITEM : itemSchema.parse(Item);
  }

  /** Writes the line that follows, and answers with what the step found; a step that changes nothing writes nothing. */
  async function move<Result>(step: (line: Line) => { line: Line; result: Result }): Promise<Result> {
    const id = randomUUID();
    let item = await read();
    for (let attempt = 0; attempt < MOST_TRIES; attempt++) {
      const { line, result } = step(item);
      if (line === item) return result;
      try {
        await client.send(
          new PutCommand({
            TableName: table,
            Item: { ...key, ...line, version: item.version + 1, move_id: id },
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

  const change = (step: (line: Line) => Line): Promise<void> =>
    move((line) => ({ line: step(line), result: undefined }));

  return {
    take: (patience) =>
      move((before) => {
        const { line, turn } = takeTurn(before, { now: now(), patience, pace, probeEvery });
        return { line, result: turn };
      }),
    confirm: async (slot) => slotNow(await read(), slot, now()),
    async departed(slot, at) {
      if (isLate(slot.at, at, pace)) await change((line) => behindLateCall(line, slot, at, pace));
    },
    holdOff: (until) => change((line) => heldOff(line, until)),
    pause: (reason) => change((line) => paused(line, reason, now() + probeEvery)),
    resume: () => change(resumed),
    async prospects() {
      const line = await read();
      const next = nextFree(line, now(), pace);
      return { nextSlotAt: next, lineEndsAt: Math.max(next, line.line_ends), paused: line.paused };
    },
  };
}
