import { isOpen } from "../../../../lambdas/generations/record.ts";
import type { Chronicle } from "../chronicle.ts";
import type { Naming } from "../naming.ts";
import type { Change } from "../table.ts";

const FINAL = ["state", "completed_at", "attempts", "error", "billed"] as const;

/** (b) What has ended stays as it is, but for its removal. */
export function checkFinal({ previous, next }: Change, chronicle: Chronicle, naming: Naming): void {
  if (previous === null || isOpen(previous)) return;
  // An answer that came late makes known what was charged; the end stays.
  const isLate = next.history.some(({ event }) => event === "late_answer");
  for (const field of isLate ? FINAL.slice(0, 3) : FINAL) {
    const [was, is] = [Reflect.get(previous, field), Reflect.get(next, field)];
    if (JSON.stringify(was) !== JSON.stringify(is))
      chronicle.violate(
        `${naming.nameOf(next.id)} ended ${previous.state}, and its ${field} changes to ${JSON.stringify(is)}`,
      );
  }
}
