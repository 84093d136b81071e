import * as z from "zod";

/**
 * A generation that a request without an idempotency key started, as those see it who send the same request again.
 * Identical wishes are interchangeable: it doesn't matter which of them a sender gets, as long as each gets one.
 * Times are epoch milliseconds.
 */
export const wishSchema = z.object({
  generation_id: z.string(),
  started_at: z.number(),
  /** Started by a re-send: its first send was not here yet, and may be on its way still. */
  by_resend: z.boolean(),
  /** How many sends came before the latest that joined, as its SDK counts. */
  retry_count: z.number(),
  /** When the last of those who joined is answered, if nothing cuts it off: finished, or to come again. */
  attended_until: z.number(),
  /** When its end was first answered to somebody. */
  delivered_at: z.number().nullable(),
});

export type Wish = z.infer<typeof wishSchema>;
type Wishes = readonly Wish[];

/** A send, as far as it matters to the wishes: how many came before it, and until when (epoch milliseconds) it waits. */
export interface Send {
  readonly retryCount: number;
  readonly until: number;
}

/**
 * After this long a first send is on its way no more, an answer that was lost has been missed, and who was told to
 * come again has come: longer than the gateway keeps any request, and than an SDK pauses.
 */
const PATIENCE_MS = 60_000;
/** How long after its last send an ended wish is still the answer to another. */
const REMEMBERED_MS = 15 * 60_000;
/** An answer is on its way a moment longer than its send waits; nobody comes again as soon as that. */
const ANSWER_MS = 1_000;
const MOST_WISHES = 32;

/** The wishes with another one. Those that were delivered before it are forgotten, unless the answer may be lost. */
export function withStarted(wishes: Wishes, generationId: string, send: Send, now: number): Wishes {
  const kept = wishes.filter((each) => isOutstanding(each) || wasJustDelivered(each, now));
  const started: Wish = {
    generation_id: generationId,
    started_at: now,
    by_resend: send.retryCount > 0,
    retry_count: send.retryCount,
    attended_until: send.until + ANSWER_MS,
    delivered_at: null,
  };
  return [...kept, started].slice(-MOST_WISHES);
}

/** The wish that a re-send started and a first send now completes: it is the late first send of that wish. */
export function missingFirst(wishes: Wishes, now: number): Wish | null {
  return wishes.findLast((each) => each.by_resend && now - each.started_at <= PATIENCE_MS) ?? null;
}

/**
 * The wish that a re-send joins. Whoever was told to come again left a wish that nobody waits for, and takes the one
 * that was left longest ago, so that none is passed over. A sender that was cut off finds none such: the service
 * believes that it is waiting still. It takes one that no send of its count has come for, so that as many as were cut
 * off together still get one each; then one whose answer may have been lost; last, one that it shares.
 */
export function toJoin(wishes: Wishes, retryCount: number, now: number): Wish | null {
  const comesNext = (each: Wish) => each.retry_count < retryCount;
  const left = wishes.filter((each) => isOutstanding(each) && isLeft(each, now));
  return (
    left.sort((one, other) => one.attended_until - other.attended_until)[0] ??
    wishes.findLast((each) => isOutstanding(each) && comesNext(each)) ??
    wishes.findLast((each) => wasJustDelivered(each, now) && comesNext(each)) ??
    wishes.findLast(isOutstanding) ??
    wishes.at(-1) ??
    null
  );
}

/** Another send waits for it. */
export function withJoined(wishes: Wishes, { generation_id }: Wish, send: Send): Wishes {
  return wishes.map((each) =>
    each.generation_id === generation_id
      ? {
          ...each,
          retry_count: Math.max(each.retry_count, send.retryCount),
          attended_until: Math.max(each.attended_until, send.until + ANSWER_MS),
        }
      : each,
  );
}

/** Its first send has come: the next one is a new wish again. It came late, so nobody waits for its answer any more. */
export function withFirst(wishes: Wishes, { generation_id }: Wish): Wishes {
  return wishes.map((each) => (each.generation_id === generation_id ? { ...each, by_resend: false } : each));
}

/** Null where there is nothing to note. */
export function withDelivered(wishes: Wishes, generationId: string, now: number): Wishes | null {
  const isIt = (each: Wish) => each.generation_id === generationId && isOutstanding(each);
  if (!wishes.some(isIt)) return null;
  return wishes.map((each) => (isIt(each) ? { ...each, delivered_at: now } : each));
}

/** Whether its end is no longer the answer to a re-send. */
export function isForgotten({ attended_until }: Wish, now: number): boolean {
  return now - attended_until >= REMEMBERED_MS;
}

function isOutstanding({ delivered_at }: Wish): boolean {
  return delivered_at === null;
}

function wasJustDelivered({ delivered_at }: Wish, now: number): boolean {
  return delivered_at !== null && now - delivered_at <= PATIENCE_MS;
}

/** Its last sender was told to come again, and is about to. Later than that it has given up. */
function isLeft({ attended_until }: Wish, now: number): boolean {
  return attended_until <= now && now - attended_until <= PATIENCE_MS;
}
