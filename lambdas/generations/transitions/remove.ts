import { timestamp } from "../../platform/clock.ts";
import type { EndedGeneration } from "../record.ts";
import { told } from "./ending.ts";

/** Takes picture and input away and leaves the tombstone: what happened, and what it cost. */
export function remove<Ended extends EndedGeneration>(generation: Ended, now: number): Ended {
  const tombstone = {
    ...generation,
    version: generation.version + 1,
    removed_at: timestamp(now),
    input: null,
    metadata: {},
    // The end has given back what was reserved, or has spent it: a tombstone gives nothing back again.
    reserved: null,
    history: told(generation, { now }, { event: "removed" }),
  };
  return tombstone.state === "succeeded" ? { ...tombstone, image: null } : tombstone;
}
