import { createPacer, type Pacer } from "../../../lambdas/pacing/limiter.ts";
import type { Pace } from "../../../lambdas/pacing/pace.ts";
import { MODEL, REGION } from "./deployment.ts";
import type { Process, Processes } from "./processes.ts";
import type { Table } from "./table.ts";
import type { Timeline } from "./timeline.ts";

interface Surroundings {
  readonly pace: Pace;
  readonly timeline: Timeline;
  readonly processes: Processes;
  readonly table: Table;
  readonly onSlotTaken: (at: number) => void;
  readonly onHeldOff: () => void;
}

/** The real pacer as one process has it, watched. */
export function watchedPacer(process: Process, surroundings: Surroundings): Pacer {
  const { pace, timeline, processes, table, onSlotTaken, onHeldOff } = surroundings;
  const pacer = createPacer({
    client: table.clientOf(process),
    table: "table",
    region: REGION,
    model: MODEL,
    pace,
    now: timeline.now,
    // The time is the pacer's own choice by Math.random, which the seed does not rule.
    sleep: () => processes.call(process, "sleep", () => {}),
  });
  return {
    ...pacer,
    take: async (patience) => {
      const turn = await pacer.take(patience);
      if (turn.kind === "slot") {
        process.slot = turn;
        onSlotTaken(turn.at);
      }
      return turn;
    },
    holdOff: async (until, leftAt) => {
      const isLong = await pacer.holdOff(until, leftAt);
      onHeldOff();
      return isLong;
    },
  };
}
