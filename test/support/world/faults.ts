import type { PortCall, PortFault } from "./scenario.ts";

/** One call of a kind: which one it is, counted from 0, and the fault that strikes it. */
interface Strike {
  readonly nth: number;
  readonly fault: PortFault["kind"] | null;
}

/** Counts the calls of each kind, and tells of each how the scenario strikes it. */
export function faultPlan(faults: readonly PortFault[]): (call: PortCall) => Strike {
  const counts = new Map<PortCall, number>();
  return (call) => {
    const nth = counts.get(call) ?? 0;
    counts.set(call, nth + 1);
    const fault = faults.find((each) => each.call === call && each.nth === nth && isPossible(each));
    return { nth, fault: fault?.kind ?? null };
  };
}

/** The provider's client never throws, and neither does a clock; a process can die at any call. */
function isPossible({ call, kind }: PortFault): boolean {
  const neverThrows = call === "ask" || call === "answer" || call === "sleep";
  return !neverThrows || kind.startsWith("crash");
}
