import {
  BatchGetCommand,
  type DynamoDBDocumentClient,
  QueryCommand,
  type QueryCommandOutput,
} from "@aws-sdk/lib-dynamodb";
import * as z from "zod";
import { LANES } from "../pacing/lanes.ts";
import { millionthsOf } from "../platform/money.ts";
import { OPEN, openKey } from "./item.ts";

/** What a generation that has not ended will cost, in millionths. */
export interface HeldPrice {
  readonly owner: string;
  readonly model: string;
  readonly currency: string;
  readonly cost: number;
}

/** The prices of an owner's open generations that were accepted in a month. */
export type OpenPrices = (owner: string, month: string) => Promise<HeldPrice[]>;

const recordSchema = z.object({
  owner: z.string(),
  model: z.string(),
  created_at: z.string(),
  price: z.object({ amount: z.string(), currency: z.string() }),
});

/** A batch may come back unfinished when the table is busy. */
const MOST_ROUNDS = 8;
const READ_AT_ONCE = 100;

/** Reads them from the records: what is under way is looked up, so that no counter of it can go wrong. */
export function createOpenPrices(client: DynamoDBDocumentClient, table: string): OpenPrices {
  return async (owner, month) => {
    const prices: HeldPrice[] = [];
    for (const lane of LANES) {
      const keys = await keysOf((start) =>
        client.send(
          new QueryCommand({
            TableName: table,
            IndexName: "by_owner_open",
            KeyConditionExpression: "owner_open = :open AND begins_with(created, :month)",
            ExpressionAttributeValues: { ":open": openKey(owner, lane), ":month": month },
            ...start,
          }),
        ),
      );
      prices.push(...(await pricesOf(keys, month, client, table)));
    }
    return prices;
  };
}

/** The same of all owners, for their operator. */
export function createHeldPrices(
  client: DynamoDBDocumentClient,
  table: string,
): (month: string) => Promise<HeldPrice[]> {
  return async (month) => {
    const keys = await keysOf((start) =>
      client.send(
        new QueryCommand({
          TableName: table,
          IndexName: "open",
          KeyConditionExpression: "#open = :open",
          ExpressionAttributeNames: { "#open": "open" },
          ExpressionAttributeValues: { ":open": OPEN },
          ...start,
        }),
      ),
    );
    return pricesOf(keys, month, client, table);
  };
}

type Key = Record<string, unknown>;

/** The keys of all pages of a query. */
async function keysOf(
  ask: (start: { readonly ExclusiveStartKey?: Key }) => Promise<QueryCommandOutput>,
): Promise<Key[]> {
  const keys: Key[] = [];
  let start: { readonly ExclusiveStartKey?: Key } | null = {};
  while (start !== null) {
    const { Items = [], LastEvaluatedKey }: QueryCommandOutput = await ask(start);
    keys.push(...Items.map(({ pk }) => ({ pk })));
    start = LastEvaluatedKey === undefined ? null : { ExclusiveStartKey: LastEvaluatedKey };
  }
  return keys;
}

async function pricesOf(
  keys: readonly Key[],
  month: string,
  client: DynamoDBDocumentClient,
  table: string,
): Promise<HeldPrice[]> {
  const found: HeldPrice[] = [];
  for (let from = 0; from < keys.length; from += READ_AT_ONCE) {
    let wanted = keys.slice(from, from + READ_AT_ONCE);
    for (let round = 0; wanted.length > 0; round++) {
      if (round === MOST_ROUNDS) throw new Error("the table did not answer a whole batch");
      const request = {
        Keys: wanted,
        ProjectionExpression: "#owner, model, created_at, price",
        ExpressionAttributeNames: { "#owner": "owner" },
      };
      const { Responses, UnprocessedKeys } = await client.send(
        new BatchGetCommand({ RequestItems: { [table]: request } }),
      );
      // The index also holds batches that are still made into generations.
      for (const item of Responses?.[table] ?? []) {
        const record = recordSchema.safeParse(item).data;
        if (record?.created_at.startsWith(month) !== true) continue;
        const { owner, model, price } = record;
        found.push({ owner, model, currency: price.currency, cost: millionthsOf(price.amount) });
      }
      wanted = UnprocessedKeys?.[table]?.Keys ?? [];
    }
  }
  return found;
}
