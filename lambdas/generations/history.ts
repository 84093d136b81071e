import * as z from "zod";

/** RFC 3339 UTC with milliseconds, so that texts compare as times do. */
const time = z.iso.datetime({ precision: 3 });

/** What can happen to a generation. Another version of the service may know more: readers pass over them. */
export type HistoryEvent =
  | "accepted"
  | "claimed"
  | "submitted"
  | "accepted_by_provider"
  | "refused_by_provider"
  | "outcome_unknown"
  | "late_answer"
  | "requeued"
  | "taken_over"
  | "fetch_failed"
  | "stored"
  | "ended"
  | "removed";

/** One line of a generation's history, as the record keeps it and callers read it. */
export const historyEntry = z
  .object({
    at: time,
    event: z.string(),
    /** The submission that it belongs to; 0 before the first. */
    attempt: z.int(),
    /** A sentence without secrets, prompts or addresses. */
    detail: z.string().nullable(),
    provider: z
      .object({ code: z.string().nullable(), request_id: z.string().nullable() })
      .meta({ id: "HistoryProvider", description: "What the provider said." })
      .nullable(),
    /** How often it happened; `at` is the first time, `last_at` the last. */
    count: z.int(),
    last_at: time,
  })
  .meta({ id: "HistoryEntry" });

export type HistoryEntry = z.infer<typeof historyEntry>;

/** Entries that a record holds at most. */
export const MOST_ENTRIES = 100;
/** A round of refusal and new try has up to so many entries: within them the same one again is folded. */
const ROUND = 6;
const LONGEST_DETAIL = 300;

/** Something that happened, to be told. */
export interface Happening {
  readonly event: HistoryEvent;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly attempt: number;
  readonly detail?: string | null;
  readonly provider?: { readonly code: string | null; readonly request_id: string | null } | null;
}

/**
 * The history with what happened since, oldest first. The same entry within the last round is folded into its count;
 * beyond the limit the oldest but the first go.
 */
export function withHappenings(
  history: readonly HistoryEntry[],
  happenings: readonly Happening[],
): HistoryEntry[] {
  const told = happenings.reduce<readonly HistoryEntry[]>(tell, history);
  const [first, ...others] = told;
  return first === undefined ? [] : [first, ...others.slice(-(MOST_ENTRIES - 1))];
}

function tell(history: readonly HistoryEntry[], happening: Happening): readonly HistoryEntry[] {
  const entry = entryOf(happening);
  const from = Math.max(0, history.length - ROUND);
  const same = history.findLastIndex((each, index) => index >= from && isSame(each, entry));
  if (same === -1) return [...history, entry];
  return history.map((each, index) =>
    index === same
      ? {
          ...each,
          attempt: entry.attempt,
          provider: entry.provider,
          count: each.count + 1,
          last_at: entry.at,
        }
      : each,
  );
}

function entryOf({ event, at, attempt, detail = null, provider = null }: Happening): HistoryEntry {
  const moment = new Date(at).toISOString();
  return {
    at: moment,
    event,
    attempt,
    detail: detail === null ? null : detail.slice(0, LONGEST_DETAIL).toWellFormed(),
    provider: provider === null ? null : { code: provider.code, request_id: provider.request_id },
    count: 1,
    last_at: moment,
  };
}

function isSame(one: HistoryEntry, other: HistoryEntry): boolean {
  return (
    one.event === other.event && one.detail === other.detail && one.provider?.code === other.provider?.code
  );
}
