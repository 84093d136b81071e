import { setImmediate as settled } from "node:timers/promises";
import type { Scenario } from "./scenario.ts";

export const MINUTE = 60_000;
/** When every scenario begins. */
export const START = Date.parse("2026-11-22T12:00:00.000Z");

interface TimedEvent {
  readonly at: number;
  readonly order: number;
  readonly act: () => unknown;
}

/** Virtual time: events wait for their moment, and the clock leaps from one to the next. Times are epoch milliseconds. */
export class Timeline {
  /** Latest first: the next event is popped from the end. */
  readonly #events: TimedEvent[] = [];
  readonly #jumps: Scenario["jumps"];
  #clock = START;
  #order = 0;

  constructor(jumps: Scenario["jumps"]) {
    this.#jumps = jumps;
  }

  /** The true time: the provider's, the queue's, and that of whoever watches. */
  get clock(): number {
    return this.#clock;
  }

  /** The time as the clocks of the service's processes tell it. */
  readonly now = (): number => {
    const past = this.#jumps.filter(({ at }) => START + at <= this.#clock);
    return Math.floor(past.reduce((sum, { by }) => sum + by, this.#clock));
  };

  /** Events of the same moment happen in the order in which they were asked for. */
  at(moment: number, act: () => unknown): void {
    const event = { at: moment, order: this.#order++, act };
    let low = 0;
    let high = this.#events.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const other = this.#events[middle];
      if (other !== undefined && isLater(other, event)) low = middle + 1;
      else high = middle;
    }
    this.#events.splice(low, 0, event);
  }

  /** In so many milliseconds. */
  after(delay: number, act: () => unknown): void {
    this.at(this.#clock + delay, act);
  }

  /** Does something every so many milliseconds, never twice at once, as long as it is asked to. Answers how to stop. */
  every(milliseconds: number, wanted: () => boolean, act: () => Promise<void>): () => Promise<void> {
    let stopped = false;
    let running: Promise<void> = Promise.resolve();
    const next = () => {
      if (stopped || !wanted()) return;
      running = act();
      running.then(() => this.after(milliseconds, next));
    };
    this.after(milliseconds, next);
    return async () => {
      stopped = true;
      await running;
    };
  }

  /** Lets the next event happen, and all that follows from it without time passing. False: none is left until `end`. */
  async step(end: number): Promise<boolean> {
    const next = this.#events.pop();
    if (next === undefined || next.at > end) return false;
    this.#clock = Math.max(this.#clock, next.at);
    await next.act();
    await settled();
    return true;
  }
}

function isLater(one: TimedEvent, other: TimedEvent): boolean {
  return one.at > other.at || (one.at === other.at && one.order > other.order);
}
