import { type DynamoDBDocumentClient, ScanCommand } from "@aws-sdk/lib-dynamodb";
import {
  type Charge,
  isNoCharge,
  isSameCharge,
  NO_CHARGE,
  sumOf,
  type UsageAccount,
} from "../../lambdas/budgets/usage.ts";
import type { Counting, UsageStore } from "../../lambdas/budgets/usage-table.ts";
import { countingOf } from "../../lambdas/generations/counting.ts";
import { fromItem } from "../../lambdas/generations/item.ts";
import { isOpen } from "../../lambdas/generations/record.ts";

export interface RecordsNeeds {
  readonly documents: DynamoDBDocumentClient;
  readonly table: string;
  readonly retentionDays: number;
  readonly usage: UsageStore;
}

/** A counter beside what the records say. */
export interface Compared {
  readonly account: UsageAccount;
  readonly counted: Charge;
  readonly recorded: Charge;
  /** The counter's changes, before the records were read; null where it has changed meanwhile. */
  readonly changes: number | null;
}

/** The charges of a month's ended generations, by their records. Reads the whole table. */
async function* recorded(
  month: string,
  { documents, table, retentionDays }: RecordsNeeds,
): AsyncGenerator<Counting> {
  let start: Record<string, unknown> | undefined;
  do {
    const page = await documents.send(
      new ScanCommand({
        TableName: table,
        ConsistentRead: true,
        FilterExpression: "begins_with(pk, :generations) AND begins_with(created, :month)",
        ExpressionAttributeValues: { ":generations": "generation#", ":month": month },
        ...(start !== undefined && { ExclusiveStartKey: start }),
      }),
    );
    for (const item of page.Items ?? []) {
      const generation = fromItem(item);
      if (isOpen(generation)) continue;
      const counting = countingOf(generation, retentionDays);
      if (!isNoCharge(counting.charge)) yield counting;
    }
    start = page.LastEvaluatedKey;
  } while (start !== undefined);
}

/** Counts what no counter knows yet. Safe while the service runs: a charge is counted once, whoever counts it. */
export async function countMissing(month: string, needs: RecordsNeeds): Promise<number> {
  let counted = 0;
  for await (const counting of recorded(month, needs)) if (await needs.usage.count(counting)) counted++;
  return counted;
}

/** Every counter of a month beside the sum of the records, for those that have either. */
export async function compare(month: string, needs: RecordsNeeds): Promise<Compared[]> {
  const before = new Map((await needs.usage.counters(month)).map((counter) => [nameOf(counter), counter]));
  const sums = new Map<string, { account: UsageAccount; charge: Charge }>();
  for await (const { account, charge } of recorded(month, needs)) {
    const sum = sums.get(nameOf(account))?.charge ?? NO_CHARGE;
    sums.set(nameOf(account), { account, charge: sumOf([sum, charge]) });
  }
  const after = new Map((await needs.usage.counters(month)).map((counter) => [nameOf(counter), counter]));
  const names = [...new Set([...before.keys(), ...sums.keys(), ...after.keys()])].sort();
  return names.flatMap((name) => {
    const account = sums.get(name)?.account ?? after.get(name) ?? before.get(name);
    if (account === undefined) return [];
    const changes = after.get(name)?.changes ?? 0;
    return [
      {
        account,
        counted: after.get(name)?.charge ?? NO_CHARGE,
        recorded: sums.get(name)?.charge ?? NO_CHARGE,
        changes: changes === (before.get(name)?.changes ?? 0) ? changes : null,
      },
    ];
  });
}

/** Those whose counter is not what the records say. One that changed meanwhile is neither right nor wrong. */
export function differing(compared: readonly Compared[]): Compared[] {
  return compared.filter(
    ({ counted, recorded, changes }) => changes !== null && !isSameCharge(counted, recorded),
  );
}

function nameOf({ owner, model, currency }: UsageAccount): string {
  return `${owner} ${model} ${currency}`;
}
