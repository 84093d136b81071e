import { type Generation, isOpen } from "../../../lambdas/generations/record.ts";
import type { Lane } from "../../../lambdas/pacing/lanes.ts";
import type { Outcome } from "./provider-answers.ts";
import { START } from "./timeline.ts";

/** One call to the provider, as the provider knows it, and what the service got to know of it. */
export interface Submitted {
  readonly job: number;
  readonly at: number;
  readonly lane: Lane;
  readonly slotNumber: number;
  readonly kind: Outcome;
  painted: boolean;
  /** The answer reached the process that asked, and it was no "unknown". */
  heard: boolean;
}

/** A picture that waits at the provider's image host. */
export interface Painting {
  readonly job: number;
  readonly sha256: string;
  readonly expiresAt: number;
}

/** What truly happened, whoever in the service knows of it: what the service says is held against this. */
export class History {
  readonly submissions: Submitted[] = [];
  /** By their URLs. */
  readonly paintings = new Map<string, Painting>();
  /** Whose picture was written down as painted, at any time. */
  readonly checkpointed = new Set<string>();
  /** Whose answer may be lost, by a crash, a fault or the network: their bill may be unknown. */
  readonly lossPossible = new Set<string>();
  /** Whose end the callers were told of. */
  readonly announced = new Set<string>();
  readonly #records = new Map<string, Generation>();
  readonly #open = new Set<string>();
  #lastEnd = START;

  written(record: Generation): void {
    this.#records.set(record.id, record);
    if (record.state === "painted") this.checkpointed.add(record.id);
    if (isOpen(record)) {
      this.#open.add(record.id);
      return;
    }
    this.#open.delete(record.id);
    this.#lastEnd = Math.max(this.#lastEnd, Date.parse(record.completed_at));
  }

  /** When the addresses of a job's pictures die. */
  lives(job: number): readonly number[] {
    return [...this.paintings.values()].filter((each) => each.job === job).map(({ expiresAt }) => expiresAt);
  }

  /** A generation as the table has it. */
  stored(id: string): Generation | undefined {
    return this.#records.get(id);
  }

  /** The ids of those that have not ended. */
  get open(): ReadonlySet<string> {
    return this.#open;
  }

  /** How many have ended without a word to their callers. */
  get unannounced(): number {
    return [...this.#records.keys()].filter((id) => !this.#open.has(id) && !this.announced.has(id)).length;
  }

  /** When the last of them ended. */
  get lastEnd(): number {
    return this.#lastEnd;
  }
}
