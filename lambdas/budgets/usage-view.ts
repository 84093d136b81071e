import * as z from "zod";
import { amountOf } from "../platform/money.ts";
import { type Charge, NO_CHARGE, sumOf, type UsageCounter } from "./usage.ts";

const money = z.string().meta({ description: "A decimal.", example: "0.075" });

const charges = {
  images: z.int().meta({ description: "Pictures that are stored, or were until they were removed." }),
  cost: money.meta({ description: "What is known to be charged, a decimal." }),
  unknown: money.meta({
    description: "What may have been charged besides, as the provider's answer was lost; a decimal.",
  }),
  held: money.meta({
    description: "What those that have not ended will cost if they are painted; a decimal.",
  }),
  currency: z.string(),
};

const modelUsage = z
  .object({ model: z.string(), ...charges })
  .meta({ id: "ModelUsage", description: "The same of one model, in the currency that it was charged in." });

/** An owner's month as callers see it. */
export const usageView = z
  .object({
    object: z.literal("usage"),
    month: z.string().meta({
      description: "Of the generations that were accepted in it, UTC, whenever they ended.",
      example: "2026-11",
    }),
    ...charges,
    budget: z
      .object({
        limit: money.meta({ description: "What may be spent in the month, a decimal." }),
        remaining: money.meta({ description: "What no generation was charged or holds back; a decimal." }),
      })
      .meta({ id: "UsageBudget", description: "The owner's budget of the month." })
      .nullable()
      .meta({ description: "The owner's budget of the month; null without one." }),
    models: z.array(modelUsage),
  })
  .meta({ id: "Usage" });

export type UsageView = z.infer<typeof usageView>;

/** What one or several owners' generations of a model, still open, hold back; in millionths. */
interface Held {
  readonly model: string;
  readonly currency: string;
  readonly cost: number;
}

/** A month of what was counted, and of what is under way. The sums are of one currency, the environment's. */
export function viewOfUsage(
  { month, currency }: { readonly month: string; readonly currency: string },
  counters: readonly UsageCounter[],
  open: readonly Held[],
  budget: UsageView["budget"],
): UsageView {
  const models = new Map<string, { model: string; currency: string; charges: Charge[]; held: number }>();
  const entry = (one: { readonly model: string; readonly currency: string }) => {
    const key = `${one.model} ${one.currency}`;
    const found = models.get(key) ?? { model: one.model, currency: one.currency, charges: [], held: 0 };
    models.set(key, found);
    return found;
  };
  for (const counter of counters) entry(counter).charges.push(counter.charge);
  for (const each of open) entry(each).held += each.cost;
  const rows = [...models.values()].sort((one, other) => (one.model < other.model ? -1 : 1));
  const here = rows.filter((row) => row.currency === currency);
  return {
    object: "usage",
    month,
    ...shown(
      here.flatMap((row) => row.charges),
      here.reduce((sum, { held }) => sum + held, 0),
      currency,
    ),
    budget,
    models: rows.map((row) => ({ model: row.model, ...shown(row.charges, row.held, row.currency) })),
  };
}

function shown(charges: readonly Charge[], held: number, currency: string) {
  const { images, cost, unknown } = charges.length === 0 ? NO_CHARGE : sumOf(charges);
  return { images, cost: amountOf(cost), unknown: amountOf(unknown), held: amountOf(held), currency };
}
