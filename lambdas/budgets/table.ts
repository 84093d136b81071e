import {
  type DynamoDBDocumentClient,
  GetCommand,
  type TransactWriteCommandInput,
} from "@aws-sdk/lib-dynamodb";
import { timestamp } from "../platform/clock.ts";
import { amountOf, millionthsOf } from "../platform/money.ts";
import { ServiceError } from "../platform/service-error.ts";

/** What may be spent in a calendar month (UTC), in millionths of the provider's currency; null for any amount. */
export interface Budget {
  readonly owner: number | null;
  readonly environment: number | null;
}

/** A write of a transaction. */
export type Write = NonNullable<TransactWriteCommandInput["TransactItems"]>[number];

/** How long after its month a counter can still be looked at. */
const KEPT_SECONDS = 400 * 86_400;

/** The budget of decimal amounts, empty where there is no cap; null without any cap. */
export function budgetOf(owner: string, environment: string): Budget | null {
  if (owner === "" && environment === "") return null;
  const cap = (amount: string) => (amount === "" ? null : millionthsOf(amount));
  return { owner: cap(owner), environment: cap(environment) };
}

/** Whose budget pays, and when the spending was asked for (epoch milliseconds): its month counts. */
interface Account {
  readonly owner: string;
  readonly at: number;
  /** Each currency is counted by itself. Null for what was reserved before currencies were told apart. */
  readonly currency: string | null;
}

/**
 * The writes that reserve so many millionths under the caps: all of them or none. With a smaller cap there is nothing
 * to write.
 *
 * @throws ServiceError `budget_exceeded` in that case
 */
export function reserve(
  account: Account,
  millionths: number,
  budget: Budget,
  table: string,
): readonly Write[] {
  return countersOf(account).map(({ of, pk }) => {
    const cap = budget[of];
    if (cap !== null && cap < millionths) throw exceeded();
    return {
      Update: {
        TableName: table,
        Key: { pk },
        UpdateExpression: "ADD held_millionths :price SET expires_at = :end",
        ...(cap !== null && {
          ConditionExpression: "attribute_not_exists(held_millionths) OR held_millionths <= :most",
        }),
        ExpressionAttributeValues: {
          ":price": millionths,
          ":end": Math.ceil(account.at / 1000) + KEPT_SECONDS,
          ...(cap !== null && { ":most": cap - millionths }),
        },
      },
    };
  });
}

/** The writes that give back what was reserved for this account. */
export function giveBack(account: Account, millionths: number, table: string): readonly Write[] {
  return countersOf(account).map(({ pk }) => ({
    Update: {
      TableName: table,
      Key: { pk },
      UpdateExpression: "ADD held_millionths :back",
      ExpressionAttributeValues: { ":back": -millionths },
    },
  }));
}

/** What is left of the budgets of this month. */
export interface RemainingBudget {
  /** Tells whether so many millionths are left to an owner now. They are not reserved. */
  covers(owner: string, millionths: number): Promise<boolean>;
}

/** What remains of the budget by the counters of the table; without a cap it covers everything. `now` in epoch milliseconds. */
export function createRemainingBudget(
  client: DynamoDBDocumentClient,
  {
    table,
    budget,
    currency,
    now,
  }: { table: string; budget: Budget | null; currency: string; now: () => number },
): RemainingBudget {
  async function left({ cap, pk }: { cap: number; pk: string }): Promise<number> {
    const { Item } = await client.send(
      new GetCommand({ TableName: table, Key: { pk }, ConsistentRead: true }),
    );
    return cap - Number(Item?.["held_millionths"] ?? 0);
  }

  return {
    async covers(owner, millionths) {
      const capped = countersOf({ owner, at: now(), currency }).flatMap(({ of, pk }) => {
        const cap = budget?.[of] ?? null;
        return cap === null ? [] : [{ cap, pk }];
      });
      const remaining = await Promise.all(capped.map(left));
      return remaining.every((amount) => amount >= millionths);
    },
  };
}

/** What an owner may spend in a month, and what is left of it, as decimals; null without a cap. */
export type OwnerBudget = (
  owner: string,
  month: string,
) => Promise<{ readonly limit: string; readonly remaining: string } | null>;

/** Owners' budgets by the counters of the table. */
export function createOwnerBudget(
  client: DynamoDBDocumentClient,
  { table, budget, currency }: { table: string; budget: Budget | null; currency: string },
): OwnerBudget {
  return async (owner, month) => {
    const cap = budget?.owner ?? null;
    if (cap === null) return null;
    const [{ pk }] = countersOf({ owner, at: Date.parse(`${month}-01T00:00:00Z`), currency });
    const { Item } = await client.send(
      new GetCommand({ TableName: table, Key: { pk }, ConsistentRead: true }),
    );
    const left = cap - Number(Item?.["held_millionths"] ?? 0);
    return { limit: amountOf(cap), remaining: amountOf(Math.max(0, left)) };
  };
}

/** The refusal of a generation that the budget does not cover. */
export function exceeded(): ServiceError {
  return new ServiceError("budget_exceeded", {
    detail: "The owner's or the environment's budget for this month is used up; the provider was not asked.",
  });
}

/** The counters of an owner and of the environment, in the month of the spending and its currency. */
function countersOf({ owner, at, currency }: Account) {
  const month = timestamp(at).slice(0, 7) + (currency === null ? "" : `#${currency}`);
  return [
    { of: "owner", pk: `budget#owner#${owner}#${month}` },
    { of: "environment", pk: `budget#environment#${month}` },
  ] as const;
}
