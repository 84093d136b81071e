import type { Alarms } from "../client/alarms.ts";
import type { Result } from "./flight.ts";

/** Whether a deployed environment has alarms, and none of them rings. */
export function alarmsResult({ count, ringing }: Pick<Alarms, "count" | "ringing">): Result {
  const said = ringing.map((name) => `${name} rings (docs/operations.md#${name})`).join("; ");
  if (count === 0) return { name: "alarms", ok: false, says: "there are none: deploy again" };
  return { name: "alarms", ok: said === "", says: said === "" ? `none of ${count} rings` : said };
}
