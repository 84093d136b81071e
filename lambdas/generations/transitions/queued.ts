import { timestamp } from "../../platform/clock.ts";
import { billedSoFar } from "../billed.ts";
import type { Canceled, Expired, Failed, Generation, Queued } from "../record.ts";
import { ended, ending, failure, told } from "./ending.ts";

/** Ends a queued generation at its owner's request. */
export function cancel(generation: Queued, now: number): Canceled {
  return {
    ...ending(generation, now),
    history: told(generation, { now }, ended("canceled")),
    state: "canceled",
    request_id: null,
    billed: billedSoFar(generation),
  };
}

/** Ends a queued generation whose deadline has passed. */
export function expire(generation: Queued, now: number): Expired {
  const message = `The deadline ${generation.deadline} passed while the generation was queued.`;
  const error = failure("deadline_exceeded", message, billedSoFar(generation), null);
  return {
    ...ending(generation, now),
    history: told(generation, { now }, ended("expired", "deadline_exceeded")),
    state: "expired",
    request_id: null,
    error,
  };
}

/** Ends a queued generation that the service itself can't bring to its turn. */
export function abandon(generation: Queued, now: number): Failed {
  const error = failure("internal", "The generation could not be processed.", billedSoFar(generation), null);
  return {
    ...ending(generation, now),
    history: told(generation, { now }, ended("failed", "internal")),
    state: "failed",
    request_id: null,
    error,
  };
}

/** Gives a queued generation another message and time to use it: its own seems to be lost. */
export function revive(generation: Queued, now: number): Queued {
  const { version, requeues } = generation;
  return {
    ...generation,
    version: version + 1,
    requeues: requeues + 1,
    appointment_at: timestamp(now),
    history: told(generation, { now }, { event: "requeued", detail: "Its message seemed to be lost." }),
  };
}

/** Tells whether the deadline of a queued generation has passed. */
export function isOverdue(generation: Generation, now: number): generation is Queued {
  return generation.state === "queued" && generation.deadline <= timestamp(now);
}
