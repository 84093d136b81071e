import * as z from "zod";

/**
 * An entry of the re-send ledger: a generation that a request without an idempotency key started. The entries of one
 * ledger are interchangeable, as their requests are identical: each sender gets one, no matter which.
 * Times are epoch milliseconds.
 */
export const entrySchema = z.object({
  generation_id: z.string(),
  started_at: z.number(),
  /** Started by a re-send: its first send was not here yet, and may be on its way still. */
  by_resend: z.boolean(),
  /** How many sends came before the latest that joined, as its SDK counts. */
  retry_count: z.number(),
  /** When the last sender that joined is answered, if nothing cuts it off: with the end, or with "come again". */
  attended_until: z.number(),
  /** When its end was first answered. */
  delivered_at: z.number().nullable(),
});

export type Entry = z.infer<typeof entrySchema>;
type Entries = readonly Entry[];

/** A send, as far as the ledger needs it: how many came before it, and until when (epoch milliseconds) it waits. */
export interface Send {
  readonly retryCount: number;
  readonly until: number;
}

/**
 * After this long a first send is no longer on its way, a lost answer has been missed, and a sender that was told to
 * come again has come: longer than the gateway keeps any request, and than an SDK pauses.
 */
const PATIENCE_MS = 60_000;
/** How long after its last send an ended entry is still the answer to another. */
const REMEMBERED_MS = 15 * 60_000;
/** An answer is on its way a moment longer than its send waits; no re-send comes as soon as that. */
const ANSWER_MS = 1_000;
const MOST_ENTRIES = 32;

/** The entries and a new one. Those that were delivered before it are forgotten, unless the answer may be lost. */
export function withStarted(entries: Entries, generationId: string, send: Send, now: number): Entries {
  const kept = entries.filter((each) => isOutstanding(each) || wasJustDelivered(each, now));
  const started: Entry = {
    generation_id: generationId,
    started_at: now,
    by_resend: send.retryCount > 0,
    retry_count: send.retryCount,
    attended_until: send.until + ANSWER_MS,
    delivered_at: null,
  };
  return [...kept, started].slice(-MOST_ENTRIES);
}

/** The entry that a re-send started before its first send came; that first send joins it. */
export function missingFirst(entries: Entries, now: number): Entry | null {
  return entries.findLast((each) => each.by_resend && now - each.started_at <= PATIENCE_MS) ?? null;
}

/**
 * The entry that a re-send joins, in this order: the one that was left longest ago, as its sender was told to come
 * again; one that no send of this count has joined, as its sender was cut off and still counts as waiting; one whose
 * answer may have been lost; last, one that it shares with another sender.
 */
export function toJoin(entries: Entries, retryCount: number, now: number): Entry | null {
  const comesNext = (each: Entry) => each.retry_count < retryCount;
  const left = entries.filter((each) => isOutstanding(each) && isLeft(each, now));
  return (
    left.sort((one, other) => one.attended_until - other.attended_until)[0] ??
    entries.findLast((each) => isOutstanding(each) && comesNext(each)) ??
    entries.findLast((each) => wasJustDelivered(each, now) && comesNext(each)) ??
    entries.findLast(isOutstanding) ??
    entries.at(-1) ??
    null
  );
}

/** The entries, with another send that waits for this one. */
export function withJoined(entries: Entries, { generation_id }: Entry, send: Send): Entries {
  return entries.map((each) =>
    each.generation_id === generation_id
      ? {
          ...each,
          retry_count: Math.max(each.retry_count, send.retryCount),
          attended_until: Math.max(each.attended_until, send.until + ANSWER_MS),
        }
      : each,
  );
}

/** The entries, with the first send of this one arrived: the next first send starts a new entry. */
export function withFirst(entries: Entries, { generation_id }: Entry): Entries {
  return entries.map((each) => (each.generation_id === generation_id ? { ...each, by_resend: false } : each));
}

/** The entries, with the end of this generation answered; null where there is nothing to note. */
export function withDelivered(entries: Entries, generationId: string, now: number): Entries | null {
  const isIt = (each: Entry) => each.generation_id === generationId && isOutstanding(each);
  if (!entries.some(isIt)) return null;
  return entries.map((each) => (isIt(each) ? { ...each, delivered_at: now } : each));
}

/** Whether its end is no longer the answer to a re-send. */
export function isForgotten({ attended_until }: Entry, now: number): boolean {
  return now - attended_until >= REMEMBERED_MS;
}

function isOutstanding({ delivered_at }: Entry): boolean {
  return delivered_at === null;
}

function wasJustDelivered({ delivered_at }: Entry, now: number): boolean {
  return delivered_at !== null && now - delivered_at <= PATIENCE_MS;
}

/** Its last sender was told to come again, and is about to. Later than that it has given up. */
function isLeft({ attended_until }: Entry, now: number): boolean {
  return attended_until <= now && now - attended_until <= PATIENCE_MS;
}
