import { type Budget, giveBack, reserve, type Write } from "../budgets/table.ts";
import { millionthsOf } from "../platform/money.ts";
import { billedOf } from "./billed.ts";
import { chargesOf, mostCharges } from "./charges.ts";
import { type Canceled, type Generation, isOpen, type Queued } from "./record.ts";

/** A record that notes what a budget holds back for it, and the writes that go with it: all of them or none. */
interface Reserved<Record extends Generation> {
  readonly generation: Record;
  readonly writes: readonly Write[];
}

/**
 * Reserves what a new generation may cost under the caps: its price, as often as it may be charged; a canceled one
 * costs nothing.
 *
 * @throws ServiceError `budget_exceeded` where a cap is smaller than that
 */
export function withReservation(
  generation: Queued | Canceled,
  budget: Budget | null,
  table: string,
): Reserved<Queued | Canceled> {
  if (budget === null || generation.state === "canceled") return { generation, writes: [] };
  const { amount, currency } = generation.price;
  const reserved = millionthsOf(amount) * mostCharges(generation);
  const noted = { ...generation, reserved, reserved_currency: currency };
  return { generation: noted, writes: reserve(accountOf(noted), reserved, budget, table) };
}

/**
 * What goes back when this state is written: at the end, all that was not charged and cannot have been. The end notes
 * what it keeps, so that no later write gives it back again.
 */
export function withRelease(next: Generation, table: string): Reserved<Generation> {
  const { reserved } = next;
  if (reserved === null || isOpen(next)) return { generation: next, writes: [] };
  const kept = Math.min(reserved, costOf(next));
  if (kept === reserved) return { generation: next, writes: [] };
  return {
    generation: { ...next, reserved: kept === 0 ? null : kept },
    writes: giveBack(accountOf(next), reserved - kept, table),
  };
}

/** What an ended generation has cost, or may have, in millionths of what is reserved; all where that is not known. */
function costOf(ended: Generation): number {
  if (billedOf(ended) === "no") return 0;
  // After a change of the region the price is in another currency than what was reserved.
  if ((ended.reserved_currency ?? ended.price.currency) !== ended.price.currency) return Infinity;
  return millionthsOf(ended.price.amount) * chargesOf(ended);
}

function accountOf({ owner, created_at, reserved_currency }: Generation) {
  return { owner, at: Date.parse(created_at), currency: reserved_currency };
}
