import { isDeepStrictEqual } from "node:util";
import { ConditionalCheckFailedException } from "@aws-sdk/client-dynamodb";
import {
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  UpdateCommand,
} from "@aws-sdk/lib-dynamodb";
import { dueKeys } from "../generations/due-keys.ts";
import type { Member } from "../generations/member.ts";
import { membersOf } from "../generations/members.ts";
import type { Status } from "../generations/record.ts";
import { batchIdOf, keyOf, ownersBatches, toItem } from "./item.ts";
import { type AcceptedBatch, type Batch, batchSchema } from "./record.ts";

/** Newest first. `next` is the position to go on from, null at the end. */
export interface BatchPage {
  readonly batches: readonly Batch[];
  readonly next: string | null;
}

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
  /** Ids of batches that should have moved on by now. */
  due(now: number): Promise<string[]>;
  /**
   * What became of its generations so far, or of those in one status. The index may be a moment behind. What it costs
   * grows with the batch.
   */
  members(
    batch: Pick<Batch, "id" | "edition">,
    which?: { status?: Status; limit?: number },
  ): Promise<Member[]>;
  /** A page of an owner's batches; one created within the last moments may not be in it yet. */
  page(of: { owner: string; after: string | null; limit: number }): Promise<BatchPage>;
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

const OPEN = "batch";
const DUE_AT_ONCE = 100;

/** The batches in the service's table. One is kept for the retention from its end on, and as long as it has none. */
export function createBatchStore(
  client: DynamoDBDocumentClient,
  { table, retentionDays, now }: { table: string; retentionDays: number; now: () => number },
): BatchStore {
  const seconds = () => Math.floor(now() / 1000);

  async function put(batch: Batch, condition: string, values: Record<string, unknown>): Promise<boolean> {
    try {
      await client.send(
        new PutCommand({
          TableName: table,
          Item: toItem(batch, retentionDays),
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
      const keys = await dueKeys(client, table, { open: OPEN, now: at, limit: DUE_AT_ONCE });
      return keys.flatMap((key) => batchIdOf(key) ?? []);
    },

    async members({ id, edition }, which) {
      const members = await membersOf(client, table, id, which);
      return members.filter((member) => member.edition === edition);
    },

    async page({ owner, after, limit }) {
      const id = after?.split("#")[1];
      const { Items = [], LastEvaluatedKey } = await client.send(
        new QueryCommand({
          TableName: table,
          IndexName: "by_batch",
          KeyConditionExpression: "in_batch = :owner",
          ExpressionAttributeValues: { ":owner": ownersBatches(owner) },
          ScanIndexForward: false,
          Limit: limit + 1,
          ...(id !== undefined && {
            ExclusiveStartKey: { ...keyOf(id), in_batch: ownersBatches(owner), batch_item: after },
          }),
        }),
      );
      const ids = Items.flatMap(({ pk }) => batchIdOf(pk) ?? []);
      const wanted = await Promise.all(ids.slice(0, limit).map(readable));
      const more = LastEvaluatedKey !== undefined || ids.length > limit;
      const last = Items.slice(0, limit).at(-1)?.["batch_item"];
      return {
        batches: wanted.filter((batch) => batch !== null),
        next: more && typeof last === "string" ? last : null,
      };
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

  /** One batch that can't be read must not hide all the others. */
  async function readable(id: string): Promise<Batch | null> {
    try {
      return await get(id);
    } catch (error) {
      if (error instanceof CorruptBatch) return null;
      throw error;
    }
  }
}
