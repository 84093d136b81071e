import { BatchGetCommand, type DynamoDBDocumentClient, QueryCommand } from "@aws-sdk/lib-dynamodb";
import * as z from "zod";
import { LANES } from "../pacing/lanes.ts";
import { millionthsOf } from "../platform/money.ts";
import { openKey } from "./item.ts";

/** What a generation that has not ended will cost, in millionths. */
export interface OpenPrice {
  readonly model: string;
  readonly currency: string;
  readonly cost: number;
}

/** The prices of an owner's open generations that were accepted in a month. */
export type OpenPrices = (owner: string, month: string) => Promise<OpenPrice[]>;

const recordSchema = z.object({
  model: z.string(),
  price: z.object({ amount: z.string(), currency: z.string() }),
});

/** A batch may come back unfinished when the table is busy. */
const MOST_ROUNDS = 8;
const READ_AT_ONCE = 100;

/** Reads them from the records: what is under way is looked up, so that no counter of it can go wrong. */
export function createOpenPrices(client: DynamoDBDocumentClient, table: string): OpenPrices {
  async function keysOf(line: string, month: string): Promise<Record<string, unknown>[]> {
    const keys: Record<string, unknown>[] = [];
    let start: Record<string, unknown> | undefined;
    do {
      const page = await client.send(
        new QueryCommand({
          TableName: table,
          IndexName: "by_owner_open",
          KeyConditionExpression: "owner_open = :open AND begins_with(created, :month)",
          ExpressionAttributeValues: { ":open": line, ":month": month },
          ...(start !== undefined && { ExclusiveStartKey: start }),
        }),
      );
      keys.push(...(page.Items ?? []).map(({ pk }) => ({ pk })));
      start = page.LastEvaluatedKey;
    } while (start !== undefined);
    return keys;
  }

  async function pricesOf(wanted: Record<string, unknown>[]): Promise<OpenPrice[]> {
    const found: OpenPrice[] = [];
    let keys = wanted;
    for (let round = 0; keys.length > 0; round++) {
      if (round === MOST_ROUNDS) throw new Error("the table did not answer a whole batch");
      const request = { Keys: keys, ProjectionExpression: "model, price" };
      const { Responses, UnprocessedKeys } = await client.send(
        new BatchGetCommand({ RequestItems: { [table]: request } }),
      );
      for (const item of Responses?.[table] ?? []) {
        const { model, price } = recordSchema.parse(item);
        found.push({ model, currency: price.currency, cost: millionthsOf(price.amount) });
      }
      keys = UnprocessedKeys?.[table]?.Keys ?? [];
    }
    return found;
  }

  return async (owner, month) => {
    const prices: OpenPrice[] = [];
    for (const lane of LANES) {
      const keys = await keysOf(openKey(owner, lane), month);
      for (let from = 0; from < keys.length; from += READ_AT_ONCE)
        prices.push(...(await pricesOf(keys.slice(from, from + READ_AT_ONCE))));
    }
    return prices;
  };
}
