import type { Batch } from "../sdk/client.ts";

/** How fast a batch ends its pictures, as seen so far. */
export interface Pace {
  readonly since: number;
  /** How many had ended then. */
  readonly ended: number;
}

const FEWEST = 3;

/** How many lines have come to an end, whichever. */
export function endedIn({ counts }: Batch): number {
  return counts.total - counts.queued - counts.running;
}

/** Where a batch stands, as a person reads it in passing: `12 of 40: 10 done, 1 failed, …; about 4 min left`. */
export function progressWords(batch: Batch, pace: Pace, now: number): string {
  const { counts, usage } = batch;
  if (counts.total === 0) return "its lines are being read";
  const parts = [
    [counts.succeeded, "done"],
    [counts.failed + counts.expired, "failed"],
    [counts.invalid, "invalid"],
    [counts.canceled, "canceled"],
    [counts.running, "painting"],
    [counts.queued, "in line"],
  ] as const;
  const shown = parts.flatMap(([count, word]) => (count === 0 ? [] : [`${count} ${word}`]));
  const left = timeLeft(batch, pace, now);
  return `${endedIn(batch)} of ${counts.total}: ${shown.join(", ")}; ${usage.cost} ${usage.currency}${left}`;
}

function timeLeft(batch: Batch, { since, ended }: Pace, now: number): string {
  const { counts } = batch;
  const open = counts.queued + counts.running;
  const seen = endedIn(batch) - ended;
  if (open === 0) return "; its results are being written";
  if (seen < FEWEST) return "";
  const seconds = Math.round((((now - since) / seen) * open) / 1000);
  const end = new Date(now + seconds * 1000).toTimeString().slice(0, 5);
  if (seconds < 100) return `; about ${seconds} s left`;
  return seconds < 6000
    ? `; about ${Math.round(seconds / 60)} min left, until ${end}`
    : `; about ${Math.round(seconds / 3600)} h left`;
}
