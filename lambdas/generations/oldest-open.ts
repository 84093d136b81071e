import { EVER } from "../platform/clock.ts";
import type { GenerationStore } from "./table.ts";

/** The longest waiting are due first, but for those at work: so many are looked at. */
const LOOKED_AT = 25;

/**
 * The age of the oldest generation that has not ended, in whole seconds; 0 where there is none. By its record: the age of
 * its message begins anew whenever that is replaced.
 */
export async function oldestOpenSeconds(
  generations: Pick<GenerationStore, "due" | "get">,
  now: number,
): Promise<number> {
  const ids = (await generations.due(EVER)).slice(0, LOOKED_AT);
  // What cannot be read has an alarm of its own.
  const open = await Promise.all(ids.map((id) => generations.get(id).catch(() => null)));
  const ages = open.flatMap((each) => (each === null ? [] : [now - Date.parse(each.created_at)]));
  return Math.max(0, ...ages.map((age) => Math.floor(age / 1000)));
}
