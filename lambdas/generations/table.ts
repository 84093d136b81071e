import { isDeepStrictEqual } from "node:util";
import { type DynamoDBDocumentClient, GetCommand, QueryCommand, UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { type Budget, exceeded } from "../budgets/table.ts";
import type { Lane } from "../pacing/lanes.ts";
import { timestamp } from "../platform/clock.ts";
import { writeUnlessRefused } from "../platform/conditional-write.ts";
import { Contended } from "../platform/service-error.ts";
import { dueKeys } from "./due-keys.ts";
import { dueAt, fromItem, idOf, keyOf, lineKey, OPEN, toItem } from "./item.ts";
import { type Canceled, type Generation, generationSchema, type Queued, type Submitting } from "./record.ts";
import { withRelease, withReservation } from "./reservation.ts";
import { putWith } from "./transaction.ts";

/** The table of generations, behind the few verbs that the domain needs. */
export interface GenerationStore {
  /**
   * Writes a new generation; answers the one that holds its id already, or null when there was none. One that is
   * canceled from the start costs no budget.
   *
   * @throws ServiceError `budget_exceeded` where there is a budget and nothing left of it
   */
  insert(generation: Queued | Canceled): Promise<Generation | null>;
  /** The generation as it is now, or null. */
  get(id: string): Promise<Generation | null>;
  /**
   * Writes the next state over the version it was made from; false when another was quicker.
   *
   * @throws Contended where its note or its budget changes at the same moment, time after time
   */
  save(next: Generation): Promise<boolean>;
  /** Notes when this generation's message takes its turn. */
  appoint(generation: Generation, at: number): Promise<void>;
  /** Notes that this generation's message is about to run another, whose own turn it takes over in exchange. */
  lendTurn(generation: Generation, to: Queued): Promise<void>;
  /** Asks the worker that holds this claim whether it lives. */
  inquire(claim: Submitting, at: number): Promise<void>;
  /** Answers such a question: the worker lives. */
  answerInquiry(claim: Submitting): Promise<void>;
  /**
   * Ids of the first queued generations in the order of their places, of those whose place is not later than this: ten,
   * or as many as are asked for.
   */
  firstQueued(lane: Lane, model: string, by: number, most?: number): Promise<string[]>;
  /** Ids of open generations that should have moved on by now. */
  due(now: number): Promise<string[]>;
  /** Takes an unreadable record out of every queue, so that it can't hold anything up. */
  quarantine(id: string): Promise<void>;
}

const CANDIDATES = 10;
const DUE_AT_ONCE = 200;
const MOST_SAVES = 10;

/**
 * The store over a DynamoDB table. Ended generations live for so many days. With a budget the price is reserved by
 * the write that makes a generation, and given back by the one that ends it unbilled.
 */
export function createGenerationStore(
  client: DynamoDBDocumentClient,
  table: string,
  retentionDays: number,
  budget: Budget | null = null,
): GenerationStore {
  const names = { "#open": "open" };

  /** Tells whether the condition held. */
  async function update(
    id: string,
    expression: string,
    condition: string,
    values: Record<string, unknown>,
  ): Promise<boolean> {
    const named = expression.includes("#open") || condition.includes("#open");
    const command = () =>
      new UpdateCommand({
        TableName: table,
        Key: keyOf(id),
        UpdateExpression: expression,
        ConditionExpression: condition,
        ...(named && { ExpressionAttributeNames: names }),
        ...(Object.keys(values).length > 0 && { ExpressionAttributeValues: values }),
      });
    return (await writeUnlessRefused(() => client.send(command()))) === null;
  }

  /** Moves the turn of a generation that is queued as it was read; false when it is not. */
  async function postpone(
    generation: Generation,
    appointment: string,
    further: string,
    values: Record<string, unknown>,
  ): Promise<boolean> {
    if (generation.state !== "queued") return false;
    return update(
      generation.id,
      `SET appointment_at = :at, due_at = :due${further}`,
      "#open = :open AND version = :version",
      {
        ":at": appointment,
        ":due": dueAt({ ...generation, appointment_at: appointment }),
        ":open": "open",
        ":version": generation.version,
        ...values,
      },
    );
  }

  async function read(id: string): Promise<Generation | null> {
    const { Item } = await client.send(
      new GetCommand({ TableName: table, Key: keyOf(id), ConsistentRead: true }),
    );
    return Item === undefined ? null : fromItem(Item);
  }

  async function save(next: Generation): Promise<boolean> {
    const { generation, writes } = withRelease(next, table);
    let attempt = generation;
    for (let tries = 1; tries <= MOST_SAVES; tries++) {
      const written = await putWith(
        client,
        {
          TableName: table,
          Item: toItem(attempt, retentionDays),
          ConditionExpression: "version = :previous AND turn_for = :turn_for",
          ExpressionAttributeValues: { ":previous": attempt.version - 1, ":turn_for": attempt.turn_for },
        },
        writes,
      );
      if (written === "written") return true;
      const latest = await read(next.id);
      // The SDK repeats a write whose answer was lost, and is refused by the write itself: it is there.
      if (latest !== null && isSame(latest, attempt)) return true;
      if (latest?.version !== next.version - 1) return false;
      // The note of its message is kept, which may lend its turn while others work on the record.
      attempt = { ...generation, turn_for: latest.turn_for, appointment_at: latest.appointment_at };
    }
    throw new Contended();
  }

  return {
    async insert(generation) {
      // A repetition costs nothing: it is answered even when nothing is left.
      const known = budget === null ? null : await read(generation.id);
      if (known !== null) return known;
      const { generation: paidFor, writes } = withReservation(generation, budget, table);
      const written = await putWith(
        client,
        {
          TableName: table,
          Item: toItem(paidFor, retentionDays),
          ConditionExpression: "attribute_not_exists(pk)",
        },
        writes,
      );
      if (written === "written") return null;
      const existing = await read(generation.id);
      if (existing === null && written === "side write refused") throw exceeded();
      return existing;
    },

    get: read,

    save,

    async appoint(generation, at) {
      const appointment = timestamp(at);
      // A message whose generation has moved on still has its turn, for the generation that is first then.
      if (!(await postpone(generation, appointment, "", {})))
        await update(generation.id, "SET appointment_at = :at", "attribute_exists(pk)", {
          ":at": appointment,
        });
    },

    async lendTurn(generation, to) {
      const appointment = to.appointment_at ?? generation.appointment_at ?? to.not_before;
      if (!(await postpone(generation, appointment, ", turn_for = :to", { ":to": to.id })))
        await update(generation.id, "SET turn_for = :to", "attribute_exists(pk)", { ":to": to.id });
    },

    async inquire({ id, claim_id }, at) {
      await update(id, "SET inquiry_at = :at", "claim_id = :claim", {
        ":at": timestamp(at),
        ":claim": claim_id,
      });
    },

    async answerInquiry({ id, claim_id }) {
      await update(id, "REMOVE inquiry_at", "claim_id = :claim", { ":claim": claim_id });
    },

    async firstQueued(lane, model, by, most = CANDIDATES) {
      const { Items = [] } = await client.send(
        new QueryCommand({
          TableName: table,
          IndexName: "line",
          KeyConditionExpression: "line = :line AND line_at <= :by",
          // "$" sorts after "#", which ends the time in the key.
          ExpressionAttributeValues: { ":line": lineKey(lane, model), ":by": `${timestamp(by)}$` },
          Limit: most,
        }),
      );
      return Items.flatMap(({ pk }) => idOf(pk) ?? []);
    },

    async due(now) {
      const keys = await dueKeys(client, table, { open: OPEN, now, limit: DUE_AT_ONCE });
      return keys.flatMap((key) => idOf(key) ?? []);
    },

    async quarantine(id) {
      await update(id, "REMOVE line, line_at, #open, due_at, owner_open", "attribute_exists(pk)", {});
    },
  };
}

/** Whether two records are one and the same state; where their messages stand is not part of it. */
function isSame(one: Generation, other: Generation): boolean {
  const note = { turn_for: null, appointment_at: null };
  // Fields of a newer version are in both; what was read has no others.
  const known = (record: Generation) => ({ ...generationSchema.parse(record), ...note });
  return isDeepStrictEqual(known(one), known(other));
}
