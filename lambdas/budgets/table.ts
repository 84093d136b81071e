import {
  type DynamoDBDocumentClient,
  GetCommand,
  type TransactWriteCommandInput,
} from "@aws-sdk/lib-dynamodb";
import { billedOf } from "../generations/billed.ts";
import { type Generation, isOpen, type Queued, timestamp } from "../generations/record.ts";
import { millionthsOf } from "../platform/money.ts";
import { ServiceError } from "../platform/problems.ts";

/** What may be spent in a calendar month (UTC), in millionths of the provider's currency; null for any amount. */
export interface Budget {
  readonly owner: number | null;
  readonly environment: number | null;
}

/** A write of a transaction. */
export type Write = NonNullable<TransactWriteCommandInput["TransactItems"]>[number];

/** A counter is kept for a while after its month, for whoever wants to look. */
const KEPT_SECONDS = 400 * 86_400;

/** The budget of decimal amounts, empty where there is no cap; null without any cap. */
export function budgetOf(owner: string, environment: string): Budget | null {
  if (owner === "" && environment === "") return null;
  const cap = (amount: string) => (amount === "" ? null : millionthsOf(amount));
  return { owner: cap(owner), environment: cap(environment) };
}

/** A new generation that notes what is reserved for it, and the writes that reserve it: all of them or none. */
export interface Reservation {
  readonly generation: Queued;
  readonly writes: readonly Write[];
}

/**
 * Reserves a generation's price under the caps. With a cap that is smaller than the price there is nothing to write.
 *
 * @throws ServiceError `budget_exceeded` in that case
 */
export function reserve(generation: Queued, budget: Budget | null, table: string): Reservation {
  if (budget === null) return { generation, writes: [] };
  const price = millionthsOf(generation.price.amount);
  const caps = { owner: budget.owner, environment: budget.environment };
  const writes = countersOf(generation).map(({ of, pk }) => {
    const cap = caps[of];
    if (cap !== null && cap < price) throw exceeded();
    return {
      Update: {
        TableName: table,
        Key: { pk },
        UpdateExpression: "ADD held_millionths :price SET expires_at = :end",
        ...(cap !== null && {
          ConditionExpression: "attribute_not_exists(held_millionths) OR held_millionths <= :room",
        }),
        ExpressionAttributeValues: {
          ":price": price,
          ":end": Math.ceil(Date.parse(generation.created_at) / 1000) + KEPT_SECONDS,
          ...(cap !== null && { ":room": cap - price }),
        },
      },
    };
  });
  return { generation: { ...generation, reserved: price }, writes };
}

/**
 * What goes back when this state is written: everything for an end that is known not to be billed, nothing otherwise.
 * The end notes that it was given back, so that no later write does it again.
 */
export function release(
  next: Generation,
  table: string,
): { generation: Generation; writes: readonly Write[] } {
  const { reserved } = next;
  if (reserved === null || isOpen(next) || billedOf(next) !== "no") return { generation: next, writes: [] };
  const writes = countersOf(next).map(({ pk }) => ({
    Update: {
      TableName: table,
      Key: { pk },
      UpdateExpression: "ADD held_millionths :back",
      ExpressionAttributeValues: { ":back": -reserved },
    },
  }));
  return { generation: { ...next, reserved: null }, writes };
}

/** What is left of the budgets of this month. */
export interface Purse {
  /** Tells whether so many millionths are left to an owner now. Others may be quicker to reserve them. */
  covers(owner: string, millionths: number): Promise<boolean>;
}

/** The purse over the counters of the table; without a cap it covers everything. `now` in epoch milliseconds. */
export function createPurse(
  client: DynamoDBDocumentClient,
  { table, budget, now }: { table: string; budget: Budget | null; now: () => number },
): Purse {
  async function left({ cap, pk }: { cap: number; pk: string }): Promise<number> {
    const { Item } = await client.send(
      new GetCommand({ TableName: table, Key: { pk }, ConsistentRead: true }),
    );
    return cap - Number(Item?.["held_millionths"] ?? 0);
  }

  return {
    async covers(owner, millionths) {
      const capped = countersOf({ owner, created_at: timestamp(now()) }).flatMap(({ of, pk }) => {
        const cap = budget?.[of] ?? null;
        return cap === null ? [] : [{ cap, pk }];
      });
      const rooms = await Promise.all(capped.map(left));
      return rooms.every((room) => room >= millionths);
    },
  };
}

/** The refusal of a generation that there is no money for. */
export function exceeded(): ServiceError {
  return new ServiceError("budget_exceeded", {
    detail: "The owner's or the environment's budget for this month is used up; the provider was not asked.",
  });
}

/** The counters of an owner and of the environment, in the month in which the generation was created. */
function countersOf({ owner, created_at }: Pick<Generation, "owner" | "created_at">) {
  const month = created_at.slice(0, 7);
  return [
    { of: "owner", pk: `budget#owner#${owner}#${month}` },
    { of: "environment", pk: `budget#environment#${month}` },
  ] as const;
}
