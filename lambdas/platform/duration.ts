import { InvalidInput } from "./service-error.ts";

const SHORTEST_SECONDS = 5;
const LONGEST_SECONDS = 7 * 24 * 3600;

/** How long a generation may wait for its turn when the caller does not say. */
export const DEFAULT_DEADLINE_SECONDS = 24 * 3600;

/** The same for the generations of a batch: many of them wait for days, at a few a minute. */
export const BATCH_DEADLINE_SECONDS = LONGEST_SECONDS;

/**
 * Seconds of a `Cancel-After` value: `30s`, `5m`, `1h30m` or plain seconds, from 5 s to 7 days.
 *
 * @throws InvalidInput for anything else
 */
export function parseCancelAfter(value: string): number {
  const match = /^(?:(\d{1,6})|(?=\d)(?:(\d{1,3})h)?(?:(\d{1,5})m)?(?:(\d{1,6})s)?)$/.exec(value.trim());
  const seconds =
    match === null
      ? Number.NaN
      : Number(match[1] ?? 0) +
        Number(match[2] ?? 0) * 3600 +
        Number(match[3] ?? 0) * 60 +
        Number(match[4] ?? 0);
  if (!(seconds >= SHORTEST_SECONDS && seconds <= LONGEST_SECONDS))
    throw new InvalidInput([
      {
        pointer: "#/headers/cancel-after",
        detail: "must be a duration such as 30s, 5m, 1h30m or 300, from 5s to 168h",
      },
    ]);
  return seconds;
}
