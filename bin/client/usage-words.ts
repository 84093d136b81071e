import { type Charge, NO_CHARGE, sumOf, type UsageCounter } from "../../lambdas/budgets/usage.ts";
import type { HeldPrice } from "../../lambdas/generations/open-prices.ts";
import { amountOf } from "../../lambdas/platform/money.ts";
import { aligned } from "../table.ts";
import type { Compared } from "./recorded-usage.ts";

interface Row {
  readonly owner: string;
  readonly model: string;
  readonly currency: string;
  readonly charge: Charge;
  readonly held: number;
}

const HEAD = ["OWNER", "MODEL", "PICTURES", "COST", "UNKNOWN", "HELD", ""];

/** A month as a table: a line for each owner and model, and the sum of each currency. */
export function usageOf(
  month: string,
  counters: readonly UsageCounter[],
  held: readonly HeldPrice[],
): string {
  const rows = rowsOf(counters, held);
  if (rows.length === 0) return `${month}: no picture was made or is under way.`;
  const sums = [...new Set(rows.map(({ currency }) => currency))].map((currency): Row => {
    const all = rows.filter((row) => row.currency === currency);
    return {
      owner: "all",
      model: "",
      currency,
      charge: sumOf(all.map(({ charge }) => charge)),
      held: all.reduce((sum, row) => sum + row.held, 0),
    };
  });
  const cells = [...rows, ...sums].map(({ owner, model, charge, held: kept, currency }) => [
    owner,
    model,
    String(charge.images),
    amountOf(charge.cost),
    amountOf(charge.unknown),
    amountOf(kept),
    currency,
  ]);
  return [`${month}, by when it was accepted (UTC)`, ...aligned([HEAD, ...cells])].join("\n");
}

/** What counters and records say, where it is not the same. */
export function differenceOf(differences: readonly Compared[]): string {
  const cells = differences.flatMap(({ account, counted, recorded }) => [
    [account.owner, account.model, "counted", ...amounts(counted), account.currency],
    ["", "", "recorded", ...amounts(recorded), account.currency],
  ]);
  return aligned([["OWNER", "MODEL", "", "PICTURES", "COST", "UNKNOWN", ""], ...cells]).join("\n");
}

function amounts({ images, cost, unknown }: Charge): string[] {
  return [String(images), amountOf(cost), amountOf(unknown)];
}

function rowsOf(counters: readonly UsageCounter[], held: readonly HeldPrice[]): Row[] {
  const rows = new Map<string, Row>();
  const at = ({ owner, model, currency }: Omit<Row, "charge" | "held">) => {
    const key = `${owner} ${model} ${currency}`;
    return { key, row: rows.get(key) ?? { owner, model, currency, charge: NO_CHARGE, held: 0 } };
  };
  for (const counter of counters) {
    const { key, row } = at(counter);
    rows.set(key, { ...row, charge: counter.charge });
  }
  for (const each of held) {
    const { key, row } = at(each);
    rows.set(key, { ...row, held: row.held + each.cost });
  }
  return [...rows.keys()].sort().flatMap((key) => rows.get(key) ?? []);
}
