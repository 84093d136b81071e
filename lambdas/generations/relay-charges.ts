import { isNoCharge } from "../budgets/usage.ts";
import type { UsageStore } from "../budgets/usage-table.ts";
import type { Changes } from "./changes.ts";
import { countingOf } from "./counting.ts";

/** Counts what each ended generation was charged. May happen twice: a charge is counted once. */
export async function relayCharges(
  { ended, amended }: Pick<Changes, "ended" | "amended">,
  { usage, retentionDays }: { readonly usage: Pick<UsageStore, "count">; readonly retentionDays: number },
): Promise<void> {
  for (const generation of [...ended, ...amended]) {
    const counting = countingOf(generation, retentionDays);
    if (!isNoCharge(counting.charge)) await usage.count(counting);
  }
}
