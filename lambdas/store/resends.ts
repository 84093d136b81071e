import { createHash } from "node:crypto";
import { TransactionCanceledException } from "@aws-sdk/client-dynamodb";
import { type DynamoDBDocumentClient, GetCommand, TransactWriteCommand } from "@aws-sdk/lib-dynamodb";
import * as z from "zod";
import type { Queued } from "../generation/record.ts";
import { type Budget, exceeded, reserve } from "./budget.ts";
import { toItem } from "./generation-item.ts";

/** The generation that a request without an idempotency key started, for whoever sends the same request again. */
export interface Pointer {
  readonly generationId: string;
  /** Written by a re-send: its first send was not here yet, and may be on its way still. */
  readonly byResend: boolean;
  /** Epoch milliseconds. */
  readonly writtenAt: number;
}

/**
 * Which generation a request's re-sends belong to. A pointer and the generation it names are written together or
 * not at all, so that no crash leaves one without the other.
 */
export interface ResendStore {
  find(key: string): Promise<Pointer | null>;
  /** Starts what a first send asks for; false where a re-send of it was here just before. */
  startFirst(key: string, generation: Queued): Promise<boolean>;
  /** Starts what a re-send asks for; false where the pointer is no longer the one that was seen. */
  startResent(key: string, generation: Queued, seen: Pointer | null): Promise<boolean>;
  /** Notes that the first send of a re-sent request has come; false where another was quicker. */
  settle(key: string, pointer: Pointer): Promise<boolean>;
}

/** How long after its re-send a first send may still arrive: longer than the gateway keeps any request. */
export const LATE_FIRST_SEND_MS = 60_000;

const itemSchema = z.object({ generation_id: z.string(), by_resend: z.boolean(), written_at: z.number() });

/** The key of a request: who sends it, with which API key, and every byte of it. */
export function resendKey(caller: { owner: string; keyId: string }, body: Uint8Array): string {
  const bytes = createHash("sha256").update(body).digest("hex");
  return createHash("sha256")
    .update(JSON.stringify([caller.owner, caller.keyId, bytes]))
    .digest("hex");
}

/** The pointers in the service's table. They are forgotten a while after their generation's deadline. */
export function createResendStore(
  client: DynamoDBDocumentClient,
  {
    table,
    retentionDays,
    now,
    budget = null,
  }: { table: string; retentionDays: number; now: () => number; budget?: Budget | null },
): ResendStore {
  const keyOf = (key: string) => ({ pk: `resend#${key}` });

  /** Writes generation and pointer; false where the condition on the pointer did not hold, or others write it too. */
  async function start(
    key: string,
    generation: Queued,
    pointer: { byResend: boolean; condition: string; values: Record<string, unknown> },
  ): Promise<boolean> {
    const item = {
      ...keyOf(key),
      generation_id: generation.id,
      by_resend: pointer.byResend,
      written_at: now(),
      expires_at: Math.ceil(Date.parse(generation.deadline) / 1000) + 3600,
    };
    const reservation = reserve(generation, budget, table);
    const hasValues = Object.keys(pointer.values).length > 0;
    try {
      await client.send(
        new TransactWriteCommand({
          TransactItems: [
            {
              Put: {
                TableName: table,
                Item: toItem(reservation.generation, retentionDays),
                ConditionExpression: "attribute_not_exists(pk)",
              },
            },
            {
              Put: {
                TableName: table,
                Item: item,
                ConditionExpression: pointer.condition,
                ...(hasValues && { ExpressionAttributeValues: pointer.values }),
              },
            },
            ...reservation.writes,
          ],
        }),
      );
      return true;
    } catch (error) {
      if (error instanceof TransactionCanceledException && isUnpaid(error)) throw exceeded();
      if (error instanceof TransactionCanceledException && isContention(error)) return false;
      throw error;
    }
  }

  return {
    async find(key) {
      const { Item } = await client.send(
        new GetCommand({ TableName: table, Key: keyOf(key), ConsistentRead: true }),
      );
      if (Item === undefined) return null;
      const { generation_id, by_resend, written_at } = itemSchema.parse(Item);
      return { generationId: generation_id, byResend: by_resend, writtenAt: written_at };
    },

    startFirst: (key, generation) =>
      start(key, generation, {
        byResend: false,
        condition: "attribute_not_exists(pk) OR by_resend = :no OR written_at < :late",
        values: { ":no": false, ":late": now() - LATE_FIRST_SEND_MS },
      }),

    startResent: (key, generation, seen) =>
      start(key, generation, {
        byResend: true,
        condition: seen === null ? "attribute_not_exists(pk)" : "generation_id = :seen",
        values: seen === null ? {} : { ":seen": seen.generationId },
      }),

    async settle(key, { generationId }) {
      try {
        // A transaction carries a token: repeated by the SDK, after its answer was lost, it is still the same settling.
        await client.send(
          new TransactWriteCommand({
            TransactItems: [
              {
                Update: {
                  TableName: table,
                  Key: keyOf(key),
                  UpdateExpression: "SET by_resend = :no",
                  ConditionExpression: "generation_id = :id AND by_resend = :yes",
                  ExpressionAttributeValues: { ":id": generationId, ":yes": true, ":no": false },
                },
              },
            ],
          }),
        );
        return true;
      } catch (error) {
        if (error instanceof TransactionCanceledException && isContention(error)) return false;
        throw error;
      }
    },
  };
}

/** Whether others wrote the same items: a failed condition, or a write at the same moment. */
function isContention(error: TransactionCanceledException): boolean {
  const codes = (error.CancellationReasons ?? []).map(({ Code }) => Code ?? "None");
  return (
    codes.some((code) => code !== "None") &&
    codes.every((code) => ["None", "ConditionalCheckFailed", "TransactionConflict"].includes(code))
  );
}

/** Whether nothing but the budget, whose counters come last, stood against it. */
function isUnpaid({ CancellationReasons = [] }: TransactionCanceledException): boolean {
  const [generation, pointer, ...counters] = CancellationReasons.map(({ Code }) => Code);
  const failed = "ConditionalCheckFailed";
  return generation !== failed && pointer !== failed && counters.includes(failed);
}
