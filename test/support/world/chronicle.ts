import { START, type Timeline } from "./timeline.ts";

/** What a person reads of a play that went wrong: who did what, when, and which promise was broken. */
export class Chronicle {
  readonly events: string[] = [];
  readonly violations: string[] = [];
  /** The names of the signals that the service gave. */
  readonly signals: string[] = [];
  readonly #timeline: Timeline;

  constructor(timeline: Timeline) {
    this.#timeline = timeline;
  }

  log(what: string): void {
    const seconds = ((this.#timeline.clock - START) / 1000).toFixed(3).padStart(10);
    this.events.push(`${seconds} s  ${what}`);
  }

  signal(who: string, name: string, about: string): void {
    this.signals.push(name);
    this.log(`${who} signals ${name} for ${about}`);
  }

  violate(what: string): void {
    this.log(`VIOLATED: ${what}`);
    this.violations.push(what);
  }
}
