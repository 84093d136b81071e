import {
  type DynamoDBDocumentClient,
  GetCommand,
  QueryCommand,
  TransactWriteCommand,
  UpdateCommand,
} from "@aws-sdk/lib-dynamodb";
import * as z from "zod";
import { writeUnlessRefused } from "../platform/conditional-write.ts";
import { Contended } from "../platform/service-error.ts";
import { type Charge, isSameCharge, NO_CHARGE, type UsageAccount, type UsageCounter } from "./usage.ts";

/** A charge of a generation, to be counted once. */
export interface Counting {
  readonly id: string;
  readonly account: UsageAccount;
  /** All that it was charged so far, not what was added. */
  readonly charge: Charge;
  /** Of the record that says so: an older one says nothing new. */
  readonly version: number;
  /** When no further change of it can come, in epoch seconds. */
  readonly expiresAt: number;
}

/** What was made and spent: counters that always run, whether there is a budget or not. */
export interface UsageStore {
  /**
   * Counts a generation's charge, however often it is told: what was counted for it before is taken off. True where a
   * counter changed.
   *
   * @throws Contended where others count on the same counter time after time
   */
  count(counting: Counting): Promise<boolean>;
  /** The counters of a month, of one owner or of all. */
  counters(month: string, owner?: string): Promise<UsageCounter[]>;
  /** Sets a counter that was seen with so many changes; false where it has changed since. */
  correct(account: UsageAccount, charge: Charge, changes: number): Promise<boolean>;
}

/** How long after its month a counter can still be looked at. */
const KEPT_SECONDS = 400 * 86_400;
const MOST_TRIES = 8;

const charge = { images: z.int(), cost: z.int(), unknown: z.int() };
const markSchema = z.object({ ...charge, version: z.int() });
type Mark = z.infer<typeof markSchema>;
const counterSchema = z
  .object({
    ...charge,
    changes: z.int(),
    of_owner: z.string(),
    month: z.string(),
    model: z.string(),
    currency: z.string(),
  })
  .transform(
    ({ images, cost, unknown, changes, of_owner, month, model, currency }): UsageCounter => ({
      owner: of_owner,
      month,
      model,
      currency,
      charge: { images, cost, unknown },
      changes,
    }),
  );

/**
 * The counters in the service's table. Beside each generation's record stands a mark of what was counted for it, written
 * with the counter or not at all, so that a change may be told twice, late or by several at once.
 */
export function createUsageStore(client: DynamoDBDocumentClient, table: string): UsageStore {
  async function itemAt(pk: string): Promise<Record<string, unknown> | undefined> {
    const { Item } = await client.send(
      new GetCommand({ TableName: table, Key: { pk }, ConsistentRead: true }),
    );
    return Item;
  }

  /** False where another counted in between. */
  async function move(counting: Counting, mark: Mark | null): Promise<boolean> {
    const { id, account, charge, version } = counting;
    const { images, cost, unknown } = mark ?? NO_CHARGE;
    const marking = {
      Put: {
        TableName: table,
        Item: { pk: markKey(id), ...charge, version, expires_at: counting.expiresAt },
        ...(mark === null
          ? { ConditionExpression: "attribute_not_exists(pk)" }
          : {
              ConditionExpression: "version = :previous",
              ExpressionAttributeValues: { ":previous": mark.version },
            }),
      },
    };
    const counter = {
      Update: {
        TableName: table,
        Key: { pk: counterKey(account) },
        UpdateExpression: `ADD images :images, cost :cost, #unknown :unknown, changes :one ${SET_IDENTITY}`,
        ExpressionAttributeNames: NAMES,
        ExpressionAttributeValues: {
          ":images": charge.images - images,
          ":cost": charge.cost - cost,
          ":unknown": charge.unknown - unknown,
          ":one": 1,
          ...identityOf(account),
        },
      },
    };
    const refused = await writeUnlessRefused(() =>
      client.send(new TransactWriteCommand({ TransactItems: [marking, counter] })),
    );
    return refused === null;
  }

  return {
    async correct(account, { images, cost, unknown }, changes) {
      const command = new UpdateCommand({
        TableName: table,
        Key: { pk: counterKey(account) },
        UpdateExpression: `ADD changes :one ${SET_IDENTITY}, images = :images, cost = :cost, #unknown = :unknown`,
        ConditionExpression: changes === 0 ? "attribute_not_exists(pk)" : "changes = :changes",
        ExpressionAttributeNames: NAMES,
        ExpressionAttributeValues: {
          ":images": images,
          ":cost": cost,
          ":unknown": unknown,
          ":one": 1,
          ...(changes !== 0 && { ":changes": changes }),
          ...identityOf(account),
        },
      });
      return (await writeUnlessRefused(() => client.send(command))) === null;
    },

    async count(counting) {
      for (let attempt = 0; attempt < MOST_TRIES; attempt++) {
        const item = await itemAt(markKey(counting.id));
        const mark = item === undefined ? null : markSchema.parse(item);
        if (isSameCharge(counting.charge, mark ?? NO_CHARGE)) return false;
        if (mark !== null && mark.version >= counting.version) return false;
        if (await move(counting, mark)) return true;
      }
      throw new Contended();
    },

    async counters(month, owner) {
      const keys: string[] = [];
      let start: Record<string, unknown> | undefined;
      do {
        const page = await client.send(
          new QueryCommand({
            TableName: table,
            IndexName: "by_owner",
            KeyConditionExpression: "#owner = :line AND begins_with(created, :place)",
            ExpressionAttributeNames: { "#owner": "owner" },
            ExpressionAttributeValues: {
              ":line": lineOf(month),
              ":place": owner === undefined ? "of#" : `of#${owner}#`,
            },
            ...(start !== undefined && { ExclusiveStartKey: start }),
          }),
        );
        keys.push(...(page.Items ?? []).map(({ pk }) => String(pk)));
        start = page.LastEvaluatedKey;
      } while (start !== undefined);
      const items = await Promise.all(keys.map(itemAt));
      return items.flatMap((item) => (item === undefined ? [] : [counterSchema.parse(item)]));
    },
  };
}

/** What a counter says of itself, and where it stands in the index of owners. */
const SET_IDENTITY =
  "SET of_owner = :of, #month = :month, model = :model, currency = :currency, #owner = :line, created = :place, expires_at = :end";
const NAMES = { "#unknown": "unknown", "#month": "month", "#owner": "owner" };

function identityOf(account: UsageAccount): Record<string, unknown> {
  const { owner, month, model, currency } = account;
  return {
    ":of": owner,
    ":month": month,
    ":model": model,
    ":currency": currency,
    ":line": lineOf(month),
    ":place": placeOf(account),
    ":end": Math.ceil(Date.parse(`${month}-01T00:00:00Z`) / 1000) + KEPT_SECONDS,
  };
}

function markKey(id: string): string {
  return `counted#${id}`;
}

function counterKey(account: UsageAccount): string {
  return `usage#${account.month}#${placeOf(account)}`;
}

/** Where a month's counters stand in the index of owners: no owner has a `#` in its name. */
function lineOf(month: string): string {
  return `usage#${month}`;
}

function placeOf({ owner, model, currency }: UsageAccount): string {
  return `of#${owner}#${model}#${currency}`;
}
