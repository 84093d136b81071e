import type { Generation } from "../../../lambdas/generations/record.ts";
import { logger } from "../../../lambdas/platform/observe.ts";
import type { Submitted } from "./history.ts";
import { checkEnds } from "./invariants/honest-ends.ts";
import { idOfJob } from "./naming.ts";
import type { PortCall, Scenario } from "./scenario.ts";
import { MINUTE, START } from "./timeline.ts";
import { createWorld, type World } from "./world.ts";

logger.setLogLevel("SILENT");

/** What became of a scenario. */
interface Result {
  /** In the order of the jobs. */
  readonly generations: readonly Generation[];
  readonly submissions: readonly Submitted[];
  /** The promises that were broken; the play ends with the first. */
  readonly violations: readonly string[];
  /** Who did what and when, for a person to read. */
  readonly events: readonly string[];
  readonly receives: number;
  /** How often the processes called outside, by what for. */
  readonly calls: ReadonlyMap<PortCall, number>;
  readonly deadLetters: readonly string[];
  readonly signals: readonly string[];
  /** Milliseconds from the start to the last end. */
  readonly duration: number;
}

/**
 * Plays a scenario: the real worker, relay, reconciler and use cases, over a table, a queue, a provider and a
 * bucket in memory, in virtual time. Every call to the outside takes a random time, which interleaves the
 * processes, and may crash its process. All randomness follows from the seed.
 */
export async function play(scenario: Scenario): Promise<Result> {
  const world = createWorld(scenario);
  await run(world, scenario);
  const { history, chronicle, queue } = world;
  return {
    generations: scenario.jobs.flatMap((_, job) => history.stored(idOfJob(job)) ?? []),
    submissions: history.submissions,
    violations: chronicle.violations,
    events: chronicle.events,
    receives: queue.receives,
    calls: world.calls,
    deadLetters: queue.deadLetters,
    signals: chronicle.signals,
    duration: history.lastEnd - START,
  };
}

/** Until all is over, or a promise is broken. That nothing is open for ever is a promise too. */
async function run(world: World, scenario: Scenario): Promise<void> {
  const { timeline, chronicle, history, naming, queue } = world;
  const end = latestEnd(scenario);
  while (await timeline.step(end)) {
    if (isOver(world, scenario)) {
      checkEnds({ ...world, scenario });
      world.providersPace.atTheEnd();
      return;
    }
    if (chronicle.violations.length > 0) return;
  }
  const open = [...history.open].map((id) => `${naming.nameOf(id)} is ${history.stored(id)?.state}`);
  chronicle.violate(`no way out: ${open.join(", ") || "nothing is open"}, ${queue.left} messages are left`);
}

function isOver({ callers, queue, relay, workers, history }: World, { jobs }: Scenario): boolean {
  return (
    callers.accepted === jobs.length &&
    queue.left === 0 &&
    relay.pending === 0 &&
    workers.running === 0 &&
    history.open.size === 0 &&
    history.unannounced === 0
  );
}

/** By then every deadline has passed, whatever was broken is mended, and there was time for all that follows. */
function latestEnd({
  jobs,
  outage,
  tableRefuses,
  hostAllowedAt,
  storageDead,
  sourceLifetimeMinutes,
}: Scenario): number {
  const deadlines = jobs.map(({ at, deadlineSeconds }) => at + deadlineSeconds * 1000);
  const ends = [outage, tableRefuses].map((each) => (each === null ? 0 : each.from + each.minutes * MINUTE));
  const lifetime = storageDead ? sourceLifetimeMinutes * MINUTE : 0;
  return START + Math.max(0, ...deadlines, ...ends, hostAllowedAt) + lifetime + 4 * 60 * MINUTE;
}
