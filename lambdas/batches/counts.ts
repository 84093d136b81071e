import type { Member } from "../generations/member.ts";
import { amountOf, millionthsOf } from "../platform/money.ts";
import type { Batch, Settlement } from "./record.ts";

const NONE = { queued: 0, running: 0, succeeded: 0, failed: 0, canceled: 0, expired: 0 };

/**
 * How many lines of a batch have come to what. A line whose generation the index does not show yet counts as queued, so
 * that the counts always add up and a batch is never called complete too soon.
 */
export function countsOf(batch: Batch, members: readonly Member[]): Settlement["counts"] {
  const by = { ...NONE };
  for (const { status } of members) by[status]++;
  // A batch that failed will make no further generations of the lines it did not come to.
  const total =
    batch.state === "failed"
      ? batch.invalid + members.length
      : Math.max(batch.total, batch.invalid + members.length);
  const others = by.running + by.succeeded + by.failed + by.canceled + by.expired;
  return { total, ...by, queued: total - batch.invalid - others, invalid: batch.invalid };
}

/** What a batch has cost so far, as far as it is known. */
export function usageOf(members: readonly Member[]): Settlement["usage"] {
  const paid = members.filter(({ billed }) => billed === "yes");
  const cost = paid.reduce((sum, { price }) => sum + millionthsOf(price), 0);
  const unknown = members.some(({ billed }) => billed === "unknown");
  return {
    images: members.filter(({ status }) => status === "succeeded").length,
    cost: amountOf(cost),
    billed: unknown ? "unknown" : paid.length > 0 ? "yes" : "no",
  };
}
