import { type Budget, giveBack, reserve, type Write } from "../budgets/table.ts";
import { billedOf } from "./billed.ts";
import { type Generation, isOpen, type Queued } from "./record.ts";

/** A record that notes what a budget holds back for it, and the writes that go with it: all of them or none. */
interface Reserved<Record extends Generation> {
  readonly generation: Record;
  readonly writes: readonly Write[];
}

/**
 * Reserves a new generation's price under the caps.
 *
 * @throws ServiceError `budget_exceeded` where a cap is smaller than the price
 */
export function withReservation(generation: Queued, budget: Budget | null, table: string): Reserved<Queued> {
  if (budget === null) return { generation, writes: [] };
  const { millionths, writes } = reserve(accountOf(generation), generation.price.amount, budget, table);
  return { generation: { ...generation, reserved: millionths }, writes };
}

/**
 * What goes back when this state is written: everything for an end that is known not to be billed, nothing otherwise.
 * The end notes that it was given back, so that no later write does it again.
 */
export function withRelease(next: Generation, table: string): Reserved<Generation> {
  const { reserved } = next;
  if (reserved === null || isOpen(next) || billedOf(next) !== "no") return { generation: next, writes: [] };
  return { generation: { ...next, reserved: null }, writes: giveBack(accountOf(next), reserved, table) };
}

function accountOf({ owner, created_at }: Generation) {
  return { owner, at: Date.parse(created_at) };
}
