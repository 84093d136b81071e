import { type Charge, monthOf, NO_CHARGE } from "../budgets/usage.ts";
import type { Counting } from "../budgets/usage-table.ts";
import { millionthsOf } from "../platform/money.ts";
import { billedOf } from "./billed.ts";
import { chargesOf } from "./charges.ts";
import { type EndedGeneration, type Generation, isOpen } from "./record.ts";

/** A change of an ended generation may come as long as its record lives, and a few days in the stream. */
const MARGIN_DAYS = 7;
const DAY_SECONDS = 86_400;

/** What a generation made and was charged, as far as it is known; nothing before its end. */
export function chargeOf(generation: Generation): Charge {
  const billed = billedOf(generation);
  if (isOpen(generation) || billed === "no") return NO_CHARGE;
  const price = millionthsOf(generation.price.amount);
  const known = billed === "yes" ? 1 : 0;
  // Records of before lost answers were counted know of one at least where it is not known.
  const calls = Math.max(1, chargesOf(generation));
  return {
    images: generation.state === "succeeded" ? 1 : 0,
    cost: price * known,
    unknown: price * (calls - known),
  };
}

/** An ended generation's charge, as its owner's counter takes it. */
export function countingOf(generation: EndedGeneration, retentionDays: number): Counting {
  const { id, owner, model, price, created_at, completed_at, version } = generation;
  const days = retentionDays + MARGIN_DAYS;
  return {
    id,
    version,
    account: { owner, model, currency: price.currency, month: monthOf(Date.parse(created_at)) },
    charge: chargeOf(generation),
    expiresAt: Math.ceil(Date.parse(completed_at) / 1000) + days * DAY_SECONDS,
  };
}
