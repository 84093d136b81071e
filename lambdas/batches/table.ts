import { isDeepStrictEqual } from "node:util";
import { ConditionalCheckFailedException } from "@aws-sdk/client-dynamodb";
import {
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  UpdateCommand,
} from "@aws-sdk/lib-dynamodb";
import { timestamp } from "../platform/clock.ts";
import { type AcceptedBatch, type Batch, batchSchema, type Member } from "./record.ts";

/** The batches, behind the few verbs that are needed. */
export interface BatchStore {
  /** Writes a new batch; answers the one that holds its id already, or null when there was none. */
  insert(batch: AcceptedBatch): Promise<Batch | null>;
  /**
   * The batch as it is now; null when there is none, or its time is over.
   *
   * @throws CorruptBatch when it can't be read
   */
  get(id: string): Promise<Batch | null>;
  /** Writes the next step over the version it was made from; false when another was quicker. */
  save(next: Batch): Promise<boolean>;
  /** Ids of batches that should have been expanded by now. */
  due(now: number): Promise<string[]>;
  /** What became of its generations so far. The index may be a moment behind. What it costs grows with the batch. */
  members(id: string): Promise<Member[]>;
  /** Takes an unreadable record out of the reconciler's sight. */
  quarantine(id: string): Promise<void>;
}

/** A batch that nobody can read. */
export class CorruptBatch extends Error {
  constructor(id: string) {
    super(`the record of ${id} cannot be read`);
    this.name = "CorruptBatch";
  }
}

const PREFIX = "batch#";
const OPEN = "batch";
const DUE_AT_ONCE = 100;

/** The batch's id in a table key. */
export function batchIdOf(pk: unknown): string | null {
  return typeof pk === "string" && pk.startsWith(PREFIX) ? pk.slice(PREFIX.length) : null;
}

/**
 * The batches in the service's table. One is kept for the retention from its creation on: its generations, which end
 * later and are kept as long from then, are all there as long as it is.
 */
export function createBatchStore(
  client: DynamoDBDocumentClient,
  { table, retentionDays, now }: { table: string; retentionDays: number; now: () => number },
): BatchStore {
  const keyOf = (id: string) => ({ pk: PREFIX + id });
  const seconds = () => Math.floor(now() / 1000);

  const toItem = (batch: Batch) => ({
    ...keyOf(batch.id),
    ...batch,
    ...(batch.state === "accepted" && { open: OPEN }),
    expires_at: Math.ceil(Date.parse(batch.created_at) / 1000) + retentionDays * 86_400,
  });

  async function put(batch: Batch, condition: string, values: Record<string, unknown>): Promise<boolean> {
    try {
      await client.send(
        new PutCommand({
          TableName: table,
          Item: toItem(batch),
          ConditionExpression: condition,
          ExpressionAttributeValues: values,
        }),
      );
      return true;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return false;
      throw error;
    }
  }

  async function get(id: string): Promise<Batch | null> {
    const { Item } = await client.send(
      new GetCommand({ TableName: table, Key: keyOf(id), ConsistentRead: true }),
    );
    // DynamoDB forgets in its own time; meanwhile generations of it may be gone.
    if (Item === undefined || Number(Item["expires_at"]) <= seconds()) return null;
    const { success, data } = batchSchema.safeParse(Item);
    if (!success) throw new CorruptBatch(id);
    return data;
  }

  return {
    async insert(batch) {
      const written = await put(batch, "attribute_not_exists(pk) OR expires_at <= :now", {
        ":now": seconds(),
      });
      return written ? null : get(batch.id);
    },

    get,

    async save(next) {
      if (await put(next, "version = :previous", { ":previous": next.version - 1 })) return true;
      // The SDK repeats a write whose answer was lost, and is refused by the write itself: it is there.
      return isDeepStrictEqual(await get(next.id), batchSchema.parse(next));
    },

    async due(at) {
      const { Items = [] } = await client.send(
        new QueryCommand({
          TableName: table,
          IndexName: "open",
          KeyConditionExpression: "#open = :open AND due_at <= :now",
          ExpressionAttributeNames: { "#open": "open" },
          ExpressionAttributeValues: { ":open": OPEN, ":now": timestamp(at) },
          Limit: DUE_AT_ONCE,
        }),
      );
      return Items.flatMap(({ pk }) => batchIdOf(pk) ?? []);
    },

    async members(id) {
      // By key: one that changes its status while the pages are read may be on two of them.
      const members = new Map<string, Member>();
      let start: Record<string, unknown> | undefined;
      do {
        const { Items = [], LastEvaluatedKey } = await client.send(
          new QueryCommand({
            TableName: table,
            IndexName: "by_batch",
            KeyConditionExpression: "in_batch = :batch",
            ExpressionAttributeValues: { ":batch": id },
            ...(start !== undefined && { ExclusiveStartKey: start }),
          }),
        );
        for (const { pk, batch_item } of Items) members.set(String(pk), memberOf(String(batch_item)));
        start = LastEvaluatedKey;
      } while (start !== undefined);
      return [...members.values()];
    },

    async quarantine(id) {
      await client.send(
        new UpdateCommand({
          TableName: table,
          Key: keyOf(id),
          UpdateExpression: "REMOVE #open, due_at",
          ConditionExpression: "attribute_exists(pk)",
          ExpressionAttributeNames: { "#open": "open" },
        }),
      );
    },
  };
}

/** The index's key of a generation, as lambdas/generations/item.ts writes it. */
function memberOf(key: string): Member {
  const [status = "", billed = "", price = "", completedAt = ""] = key.split("#");
  return { status, billed, price, completedAt: completedAt === "" ? null : completedAt };
}
