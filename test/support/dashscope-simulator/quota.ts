/** So many calls in any such time, or in each of the calendar's. */
export interface QuotaWindow {
  readonly requests: number;
  readonly seconds: number;
  readonly by: "sliding" | "calendar";
}

/**
 * The provider's limit on requests: a log of the accepted calls' arrivals, counted in each of its windows. A bucket
 * would let a client through that paces itself wrongly.
 */
export class Quota {
  accepted = 0;
  throttled = 0;
  #arrivals: number[] = [];
  readonly #windows: () => readonly QuotaWindow[];
  readonly #now: () => number;

  constructor(windows: () => readonly QuotaWindow[], now: () => number = Date.now) {
    this.#windows = windows;
    this.#now = now;
  }

  /** Whether a call may pass now; one that may is counted. Refused calls do not use the quota up. */
  take(): boolean {
    const now = this.#now();
    const windows = this.#windows();
    if (windows.some((window) => this.#usedIn(window, now) >= window.requests)) {
      this.throttled += 1;
      return false;
    }
    this.accepted += 1;
    this.#arrivals.push(now);
    const longest = Math.max(...windows.map(({ seconds }) => seconds * 1000));
    this.#arrivals = this.#arrivals.filter((arrival) => arrival > now - longest);
    return true;
  }

  /** Calls accepted within the first window. */
  used(): number {
    const [window] = this.#windows();
    return window === undefined ? 0 : this.#usedIn(window, this.#now());
  }

  clear(): void {
    this.accepted = 0;
    this.throttled = 0;
    this.#arrivals = [];
  }

  #usedIn({ seconds, by }: QuotaWindow, now: number): number {
    const length = seconds * 1000;
    const isIn =
      by === "sliding"
        ? (arrival: number) => arrival > now - length
        : (arrival: number) => Math.floor(arrival / length) === Math.floor(now / length);
    return this.#arrivals.filter(isIn).length;
  }
}
