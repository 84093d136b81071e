import { BatchGetCommand, type DynamoDBDocumentClient, QueryCommand } from "@aws-sdk/lib-dynamodb";
import type { Lane } from "../pacing/lanes.ts";
import { timestamp } from "../platform/clock.ts";
import { idForKey, lineKeyOf } from "../platform/ids.ts";
import { CorruptRecord, createdKey, fromItem, idOf, keyOf, NewerRecord, openKey } from "./item.ts";
import { type Member, memberOf } from "./member.ts";
import { membersOf } from "./members.ts";
import { type Generation, type Status, statusOf } from "./record.ts";

/** Which generations of an owner are asked for. Times are epoch milliseconds, both exclusive. */
export interface ListingQuery {
  readonly owner: string;
  readonly status: Status | null;
  /** Only those of this batch, its last line first. What such a page costs grows with the batch. */
  readonly batch?: string | null | undefined;
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
  /**
   * Records by their ids, as they are now; what can't be read is not among them.
   *
   * @throws NewerRecord where one is of a newer version: what is written of it is for that version to write
   */
  records(ids: readonly string[]): Promise<Map<string, Generation>>;
  /** How many generations of an owner are queued or running in a lane, counted up to `most`. */
  countOpen(owner: string, lane: Lane, most: number): Promise<number>;
  /** These generations, newest first, page by page; what can't be read is not among them. */
  openPages(owner: string, lane: Lane): AsyncIterable<readonly Generation[]>;
}

/** Sorts before and after every time. */
const FIRST = "0";
const LAST = ":";
/** A batch may come back unfinished when the table is busy. */
const MOST_ROUNDS = 8;
const OPEN_PAGE = 20;

/** The position of a generation in its owner's lists, or in that of its batch. */
export function positionOf(generation: Generation, batch: string | null = null): string {
  if (batch !== null) return String(memberOf(generation, batch).line ?? 0);
  return createdKey(generation.created_at, generation.id);
}

/** The lists over the table's owner indexes, which hold keys alone: the records are read from the table. */
export function createListing(client: DynamoDBDocumentClient, table: string): GenerationListing {
  return {
    async page(query) {
      const { ids, more } = query.batch == null ? await idsOf(query) : await idsInBatch(query.batch, query);
      const wanted = ids.slice(0, query.limit);
      const found = await records(
        wanted.map(({ id }) => id),
        listed,
      );
      return {
        generations: wanted.flatMap(({ id }) => found.get(id) ?? []).filter((each) => fits(each, query)),
        next: more || ids.length > query.limit ? (wanted.at(-1)?.position ?? null) : null,
      };
    },

    records: (ids) => records(ids, readable),

    async countOpen(owner, lane, most) {
      let count = 0;
      let start: Record<string, unknown> | undefined;
      // A page counts 1 MB of the index at most: some thousand entries.
      do {
        const page = await client.send(
          new QueryCommand({
            ...openOf(owner, lane),
            IndexName: "by_owner_open",
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

    async *openPages(owner, lane) {
      let start: Record<string, unknown> | undefined;
      do {
        const page = await client.send(
          new QueryCommand({
            ...openOf(owner, lane),
            IndexName: "by_owner_open",
            ScanIndexForward: false,
            Limit: OPEN_PAGE,
            ...(start !== undefined && { ExclusiveStartKey: start }),
          }),
        );
        const ids = (page.Items ?? []).flatMap(({ pk }) => idOf(pk) ?? []);
        const found = await records(ids, listed);
        yield ids.flatMap((id) => found.get(id) ?? []);
        start = page.LastEvaluatedKey;
      } while (start !== undefined);
    },
  };

  function openOf(owner: string, lane: Lane) {
    return {
      TableName: table,
      KeyConditionExpression: "owner_open = :open",
      ExpressionAttributeValues: { ":open": openKey(owner, lane) },
    };
  }

  /** The same for a batch, from its index: the position of a generation is its line. */
  async function idsInBatch(
    batch: string,
    { owner, status, after, limit }: ListingQuery,
  ): Promise<{ ids: { id: string; position: string }[]; more: boolean }> {
    const before = after === null ? Number.POSITIVE_INFINITY : Number(after);
    const members = await membersOf(client, table, batch, status === null ? {} : { status });
    const ids = latestEdition(members)
      .flatMap(({ id, line, edition }) =>
        // The id follows from owner and line: of another owner's batch nothing is read.
        line !== null && line < before && id === idForKey(owner, lineKeyOf(batch, line, edition))
          ? [{ id, line }]
          : [],
      )
      .sort((a, b) => b.line - a.line)
      .slice(0, limit + 1)
      .map(({ id, line }) => ({ id, position: String(line) }));
    return { ids, more: false };
  }

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

  async function records(ids: readonly string[], read: typeof readable): Promise<Map<string, Generation>> {
    const found = new Map<string, Generation>();
    let keys: Record<string, unknown>[] = ids.map(keyOf);
    for (let round = 0; keys.length > 0; round++) {
      if (round === MOST_ROUNDS) throw new Error("the table did not answer a whole batch");
      const { Responses, UnprocessedKeys } = await client.send(
        new BatchGetCommand({ RequestItems: { [table]: { Keys: keys, ConsistentRead: true } } }),
      );
      for (const item of Responses?.[table] ?? []) {
        const generation = read(item);
        if (generation !== null) found.set(generation.id, generation);
      }
      keys = UnprocessedKeys?.[table]?.Keys ?? [];
    }
    return found;
  }
}

/** What an index, which may lag behind, or a batch's does not know. */
function fits(generation: Generation, { owner, status, createdAfter, createdBefore }: ListingQuery): boolean {
  const created = Date.parse(generation.created_at);
  return (
    generation.owner === owner &&
    (status === null || statusOf(generation) === status) &&
    (createdAfter === null || created > createdAfter) &&
    (createdBefore === null || created < createdBefore)
  );
}

/** Of a batch whose key was used again after its time, what is left of the first is not listed. */
function latestEdition(members: readonly Member[]): readonly Member[] {
  const latest = members
    .map(({ edition }) => edition ?? "")
    .sort()
    .at(-1);
  return members.filter(({ edition }) => (edition ?? "") === latest);
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

/** Nor must one of a newer version, which shows it again. */
function listed(item: Record<string, unknown>): Generation | null {
  try {
    return readable(item);
  } catch (error) {
    if (error instanceof NewerRecord) return null;
    throw error;
  }
}
