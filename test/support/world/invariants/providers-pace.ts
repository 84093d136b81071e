import { closest, paceOf } from "../../../../lambdas/pacing/pace.ts";
import type { Item } from "../../in-memory-table.ts";
import type { Chronicle } from "../chronicle.ts";
import type { History } from "../history.ts";
import { nameOfJob } from "../naming.ts";
import type { Process } from "../processes.ts";
import type { Scenario } from "../scenario.ts";
import type { Timeline } from "../timeline.ts";

const MINUTE = 60_000;
/** Calls that were on their way when everybody was held off arrive within this time. */
const ON_THE_WAY_MS = 5000;

/** (f) The provider's pace: calls only on a slot and at its time, and never more of them than the quota and the burst. */
export interface ProvidersPace {
  slotTaken(at: number): void;
  heldOff(): void;
  pacerWritten(before: Item | undefined, after: Item): void;
  asked(process: Process, job: number): void;
  atTheEnd(): void;
}

interface Surroundings {
  readonly scenario: Scenario;
  readonly timeline: Timeline;
  readonly chronicle: Chronicle;
  readonly history: History;
}

export function watchPace({ scenario, timeline, chronicle, history }: Surroundings): ProvidersPace {
  const slots: number[] = [];
  // Clocks that jump make times of different processes incomparable.
  const comparable = scenario.jumps.length === 0;
  let pacer: Item | undefined;
  let heldSince = 0;
  let pausedSince = 0;

  function isLongSince(moment: number): boolean {
    return timeline.clock - moment > ON_THE_WAY_MS;
  }

  function asked({ slot }: Process, job: number): void {
    const name = nameOfJob(job);
    if (slot === null) {
      chronicle.violate(`${name} is asked for without a slot`);
      return;
    }
    const now = timeline.now();
    if (slot.at > now + 1 && comparable)
      chronicle.violate(`${name} is asked for ${slot.at - now} ms before its slot`);
    if (history.submissions.some(({ slotNumber }) => slotNumber === slot.number))
      chronicle.violate(`slot ${slot.number} is used twice`);
    if (isLongSince(heldSince) && Number(pacer?.held_until) > now && comparable)
      chronicle.violate(`${name} is asked for while everybody is held off`);
    if (typeof pacer?.paused === "string" && !slot.probe && isLongSince(pausedSince))
      chronicle.violate(`${name} is asked for while the queue is paused`);
  }

  function checkWindows(): void {
    const { interval, burst } = scenario.pace;
    for (const span of spans(slots, burst))
      if (span < closest(scenario.pace) - 1) chronicle.violate(`${burst + 1} slots within ${span} ms`);
    // As the provider counts: calls, when they arrive, in any minute.
    const perMinute = quotaOf(interval) + burst - 1;
    const calls = history.submissions.map(({ at }) => at);
    for (const span of spans(calls, perMinute))
      if (span < MINUTE) chronicle.violate(`${perMinute + 1} calls within ${span} ms`);
  }

  return {
    slotTaken: (at) => {
      slots.push(at);
    },
    heldOff: () => {
      heldSince = timeline.clock;
    },
    pacerWritten: (before, after) => {
      pacer = after;
      if (typeof after.paused === "string" && before?.paused === null) pausedSince = timeline.clock;
    },
    asked,
    atTheEnd: () => {
      if (comparable) checkWindows();
    },
  };
}

/** The requests per minute whose pace has this interval, which is longer than the quota's own. */
function quotaOf(interval: number): number {
  let quota = Math.floor(MINUTE / interval);
  while (paceOf(quota + 1, 1).interval >= interval - 0.1) quota++;
  return quota;
}

/** How long each run of `further` more events after a first one took. */
function spans(times: readonly number[], further: number): number[] {
  const inOrder = times.toSorted((a, b) => a - b);
  return inOrder.slice(further).map((last, first) => last - (inOrder[first] ?? 0));
}
