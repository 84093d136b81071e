import { BatchGetCommand, type DynamoDBDocumentClient, QueryCommand } from "@aws-sdk/lib-dynamodb";
import type { Lane } from "../pacing/lanes.ts";
import { timestamp } from "../platform/clock.ts";
import { CorruptRecord, createdKey, fromItem, idOf, keyOf, openKey } from "./item.ts";
import { type Generation, type Status, statusOf } from "./record.ts";

/** Which generations of an owner are asked for. Times are epoch milliseconds, both exclusive. */
export interface ListingQuery {
  readonly owner: string;
  readonly status: Status | null;
  readonly createdAfter: number | null;
  readonly createdBefore: number | null;
  /** The position that an earlier page ended at. */
  readonly after: string | null;
  readonly limit: number;
}

/** Newest first. `next` is the position to go on from, null at the end. */
export interface ListingPage {
  readonly generations: readonly Generation[];
  readonly next: string | null;
}

/** The lists of owners' generations. What a page costs depends on its length alone. */
export interface GenerationListing {
  /** A page; a generation created within the last moments may not be in it yet. */
  page(query: ListingQuery): Promise<ListingPage>;
  /** How many generations of an owner are queued or running in a lane, counted up to `most`. */
  countOpen(owner: string, lane: Lane, most: number): Promise<number>;
}

/** Sorts before and after every time. */
const FIRST = "0";
const LAST = ":";
/** A batch may come back unfinished when the table is busy. */
const MOST_ROUNDS = 8;

/** The position of a generation in its owner's lists. */
export function positionOf({ created_at, id }: Pick<Generation, "created_at" | "id">): string {
  return createdKey(created_at, id);
}

/** The lists over the table's owner indexes, which hold keys alone: the records are read from the table. */
export function createListing(client: DynamoDBDocumentClient, table: string): GenerationListing {
  return {
    async page(query) {
      const { ids, more } = await idsOf(query);
      const wanted = ids.slice(0, query.limit);
      const found = await records(wanted.map(({ id }) => id));
      const generations = wanted.flatMap(({ id }) => found.get(id) ?? []);
      return {
        // The index may lag behind: a generation that has left the status since is not shown under it.
        generations:
          query.status === null ? generations : generations.filter((each) => statusOf(each) === query.status),
        next: more || ids.length > query.limit ? (wanted.at(-1)?.position ?? null) : null,
      };
    },

    async countOpen(owner, lane, most) {
      let count = 0;
      let start: Record<string, unknown> | undefined;
      // A page counts 1 MB of the index at most: some thousand entries.
      do {
        const page = await client.send(
          new QueryCommand({
            TableName: table,
            IndexName: "by_owner_open",
            KeyConditionExpression: "owner_open = :open",
            ExpressionAttributeValues: { ":open": openKey(owner, lane) },
            Select: "COUNT",
            Limit: most - count,
            ...(start !== undefined && { ExclusiveStartKey: start }),
          }),
        );
        count += page.Count ?? 0;
        start = page.LastEvaluatedKey;
      } while (start !== undefined && count < most);
      return count;
    },
  };

  /** The keys of a page and of the record after it. `more`: DynamoDB ended its page early, as it may for its size. */
  async function idsOf(
    query: ListingQuery,
  ): Promise<{ ids: { id: string; position: string }[]; more: boolean }> {
    // "$" sorts after "#", which ends the time in the key.
    const from = query.createdAfter === null ? FIRST : `${timestamp(query.createdAfter)}$`;
    const to = query.createdBefore === null ? LAST : timestamp(query.createdBefore);
    if (from >= to) return { ids: [], more: false };
    const partition =
      query.status === null
        ? ({ index: "by_owner", name: "owner", value: query.owner } as const)
        : ({
            index: "by_owner_status",
            name: "owner_status",
            value: `${query.owner}#${query.status}`,
          } as const);
    const id = query.after?.split("#")[1];
    const { Items = [], LastEvaluatedKey } = await client.send(
      new QueryCommand({
        TableName: table,
        IndexName: partition.index,
        KeyConditionExpression: "#partition = :partition AND created BETWEEN :from AND :to",
        ExpressionAttributeNames: { "#partition": partition.name },
        ExpressionAttributeValues: { ":partition": partition.value, ":from": from, ":to": to },
        ScanIndexForward: false,
        Limit: query.limit + 1,
        ...(id !== undefined && {
          ExclusiveStartKey: { ...keyOf(id), [partition.name]: partition.value, created: query.after },
        }),
      }),
    );
    const ids = Items.flatMap((item) => {
      const found = idOf(item["pk"]);
      return found === null || typeof item["created"] !== "string"
        ? []
        : [{ id: found, position: item["created"] }];
    });
    return { ids, more: LastEvaluatedKey !== undefined };
  }

  async function records(ids: readonly string[]): Promise<Map<string, Generation>> {
    const found = new Map<string, Generation>();
    let keys: Record<string, unknown>[] = ids.map(keyOf);
    for (let round = 0; keys.length > 0; round++) {
      if (round === MOST_ROUNDS) throw new Error("the table did not answer a whole batch");
      const { Responses, UnprocessedKeys } = await client.send(
        new BatchGetCommand({ RequestItems: { [table]: { Keys: keys, ConsistentRead: true } } }),
      );
      for (const item of Responses?.[table] ?? []) {
        const generation = readable(item);
        if (generation !== null) found.set(generation.id, generation);
      }
      keys = UnprocessedKeys?.[table]?.Keys ?? [];
    }
    return found;
  }
}

/** One record that can't be read must not hide all the others. */
function readable(item: Record<string, unknown>): Generation | null {
  try {
    return fromItem(item);
  } catch (error) {
    if (error instanceof CorruptRecord) return null;
    throw error;
  }
}
