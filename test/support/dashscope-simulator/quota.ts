/**
 * The provider's limit on requests: a true sliding window, a log of the accepted calls' arrivals. A fixed window or a
 * bucket would let a client through that paces itself wrongly.
 */
export class SlidingWindow {
  accepted = 0;
  throttled = 0;
  #arrivals: number[] = [];
  readonly #limits: () => { readonly requests: number; readonly windowMs: number };
  readonly #now: () => number;

  constructor(
    limits: () => { readonly requests: number; readonly windowMs: number },
    now: () => number = () => performance.now(),
  ) {
    this.#limits = limits;
    this.#now = now;
  }

  /** Whether a call may pass now; one that may is counted. Refused calls do not use the quota up. */
  take(): boolean {
    if (this.used() >= this.#limits().requests) {
      this.throttled += 1;
      return false;
    }
    this.accepted += 1;
    this.#arrivals.push(this.#now());
    return true;
  }

  /** Calls accepted within the window that ends now. */
  used(): number {
    const start = this.#now() - this.#limits().windowMs;
    this.#arrivals = this.#arrivals.filter((arrival) => arrival > start);
    return this.#arrivals.length;
  }

  clear(): void {
    this.accepted = 0;
    this.throttled = 0;
    this.#arrivals = [];
  }
}
