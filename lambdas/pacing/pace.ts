/**
 * The pace of one provider account and model: GCRA, the generic cell rate algorithm (ITU-T I.371). A
 * theoretical arrival time says when the next request conforms; every slot taken moves it by one interval.
 * Times are epoch milliseconds.
 */
export interface Pace {
  /** Milliseconds between requests in the long run. */
  readonly interval: number;
  /** How many requests may leave at once after an idle time. */
  readonly burst: number;
}

/** The interval is this much longer than the quota's own: clocks and networks jitter, and a 429 costs more. */
const HEADROOM = 0.015;
/** Jitter does not shrink with the interval. So much is kept of the shortest window that the provider counts in. */
const LEAST_HEADROOM_MS = 40;
const SHORTEST_WINDOW_MS = 1000;

/** The pace of a quota per minute. */
export function paceOf(requestsPerMinute: number, burst: number): Pace {
  const own = 60_000 / requestsPerMinute;
  const headroom = Math.max(HEADROOM, LEAST_HEADROOM_MS / Math.max(own, SHORTEST_WINDOW_MS));
  return { interval: own * (1 + headroom), burst };
}

/** When the next request conforms: now, or later. */
export function nextSlot(arrival: number, now: number, pace: Pace): number {
  return Math.max(now, arrival - (pace.burst - 1) * pace.interval);
}

/** The theoretical arrival time after a request at `slot`. */
export function arrivalAfter(arrival: number, slot: number, pace: Pace): number {
  return Math.max(arrival, slot) + pace.interval;
}

/** How far ahead a slot may be, at most, for a worker to take it and wait for it. */
export const LONGEST_SLOT_WAIT_SECONDS = 10;

/**
 * How many slots before the first free one are taken and not used yet. It is an estimate: workers take slots at most
 * `LONGEST_SLOT_WAIT_SECONDS` ahead, so a free slot much further away than that is the end of a hold-off, and none is
 * taken before it. A hold-off that ends sooner is counted as taken slots.
 */
export function slotsHeld(nextSlotAt: number, now: number, { interval }: Pace): number {
  const ahead = nextSlotAt - now;
  return ahead - interval > LONGEST_SLOT_WAIT_SECONDS * 1000 ? 0 : Math.floor(ahead / interval);
}

/** After a late call slots come this much closer, until they are back in the plan: still within the quota. */
const CATCH_UP = 0.9925;
/** A timer's own error is no lateness. */
const PUNCTUAL_MS = 10;

/** How close two calls may come, in milliseconds: never closer than the quota has it. */
export function closest(pace: Pace): number {
  return pace.interval * CATCH_UP;
}

/** How many calls the shortest window has that the provider counts in. */
export function callsInSecond(pace: Pace): number {
  return Math.ceil(SHORTEST_WINDOW_MS / pace.interval);
}

/** Whether a call left so long after its slot that the provider may count it in another window than planned. */
export function isLate(slot: number, leftAt: number, pace: Pace): boolean {
  return leftAt - slot > Math.max(PUNCTUAL_MS, (pace.interval * HEADROOM) / 4);
}

const LONGEST_THROTTLE_PAUSE = 60_000;

/**
 * How long to leave the provider alone after a throttle: one to two intervals, with jitter (30 to 60 s at 2 a minute),
 * twice as long by each level of throttling, up to a minute: the quota may be far lower than configured.
 */
export function throttlePause(pace: Pace, level: number, random: () => number): number {
  const first = pace.interval * (1 + random());
  return Math.max(first, Math.min(LONGEST_THROTTLE_PAUSE, first * 2 ** level));
}

/** The highest level of throttling: the pause is half a minute at least, and five throttles are more than bad luck. */
export function mostThrottled(pace: Pace): number {
  return Math.max(5, Math.ceil(Math.log2(30_000 / pace.interval)));
}

const LONGEST_RETRY_DELAY = 10 * 60_000;

/** How long a generation waits before its next attempt: doubling, with jitter. */
export function retryDelay(attempt: number, pace: Pace, random: () => number): number {
  return Math.min(LONGEST_RETRY_DELAY, Math.max(1000, pace.interval) * 2 ** (attempt - 1) * (1 + random()));
}

const LONGEST_FETCH_DELAY = 30 * 60_000;

/** How long an image waits before its next fetch: doubling from an interval, with jitter. */
export function fetchDelay(fetches: number, pace: Pace, random: () => number): number {
  const first = Math.max(1000, Math.min(5000, pace.interval));
  return Math.min(LONGEST_FETCH_DELAY, first * 2 ** Math.min(fetches, 12)) * (0.5 + random() / 2);
}
