import type { Generation } from "../../../lambdas/generations/record.ts";
import { type Bucket, createBucket } from "./bucket.ts";
import { type Callers, createCallers } from "./callers.ts";
import { Chronicle } from "./chronicle.ts";
import { History } from "./history.ts";
import { createImageHost } from "./image-host.ts";
import { checkFinal } from "./invariants/final-ends.ts";
import { watchCharges } from "./invariants/one-charge.ts";
import { type ProvidersPace, watchPace } from "./invariants/providers-pace.ts";
import { Naming } from "./naming.ts";
import { createProcesses } from "./processes.ts";
import { createProvider } from "./provider.ts";
import { createQueue, type Queue } from "./queue.ts";
import { latencies, seededRandom } from "./random.ts";
import { scheduleReconciler } from "./reconciler.ts";
import { createRelay, type Relay } from "./relay.ts";
import type { PortCall, Scenario } from "./scenario.ts";
import { createSecret } from "./secret.ts";
import { createTable } from "./table.ts";
import { MINUTE, START, Timeline } from "./timeline.ts";
import { workerDependencies } from "./worker-dependencies.ts";
import { watchedPacer } from "./worker-pacer.ts";
import { createWorkers, type Workers } from "./workers.ts";

/** What whoever plays a scenario needs to see of its world. */
export interface World {
  readonly timeline: Timeline;
  readonly chronicle: Chronicle;
  readonly history: History;
  /** How often the processes called outside, by what for. */
  readonly calls: ReadonlyMap<PortCall, number>;
  readonly naming: Naming;
  readonly callers: Callers;
  readonly queue: Queue;
  readonly relay: Relay;
  readonly workers: Workers;
  readonly bucket: Bucket;
  readonly providersPace: ProvidersPace;
}

/**
 * Puts the world of a scenario together: the real parts, the doubles around them, and those who watch. Nothing
 * happens in it before its timeline is stepped.
 */
export function createWorld(scenario: Scenario): World {
  const { jobs, pace, faults, duplicates, lostMessages, lostEnds, keyRotatedAt } = scenario;
  const random = seededRandom(scenario.seed);
  const latency = latencies(random, scenario.slowest);
  const timeline = new Timeline(scenario.jumps);
  const chronicle = new Chronicle(timeline);
  const history = new History();
  const naming = new Naming(jobs.length);
  const calls = new Map<PortCall, number>();
  const coldDelay = () => (scenario.coldStart === 0 ? 0 : random() * scenario.coldStart);
  const processes = createProcesses({ calls, faults, timeline, chronicle, history, latency, coldDelay });
  const surroundings = {
    scenario,
    pace,
    random,
    latency,
    coldDelay,
    timeline,
    chronicle,
    history,
    naming,
    processes,
  };

  const charges = watchCharges({ jobs, chronicle, history, naming });
  const providersPace = watchPace({ scenario, timeline, chronicle, history });

  const queue = createQueue({
    ...surroundings,
    duplicates,
    // The workers need the queue first, to say what is done with.
    consumer: { isFree: () => workers.isFree(), receive: (delivery) => workers.receive(delivery) },
  });
  const table = createTable({
    processes,
    refuses: () => {
      const { tableRefuses } = scenario;
      const into = timeline.clock - START;
      return (
        tableRefuses !== null &&
        into >= tableRefuses.from &&
        into < tableRefuses.from + tableRefuses.minutes * MINUTE
      );
    },
    onChange: (change) => {
      const { previous, next } = change;
      if (previous?.state !== next.state) chronicle.log(transition(naming.nameOf(next.id), previous, next));
      history.written(next);
      checkFinal(change, chronicle, naming);
      charges.changed(change);
      relay.take(change);
    },
    onPacerWritten: providersPace.pacerWritten,
    onClaim: charges.claimed,
  });
  const relay = createRelay({ ...surroundings, lostMessages, lostEnds, queue, table });
  const secret = createSecret({ keyRotatedAt, timeline, processes });
  const bucket = createBucket(surroundings);
  const provider = createProvider({
    ...surroundings,
    secret,
    onAsk: (process, job) => {
      providersPace.asked(process, job);
      charges.asked(process, job);
    },
  });
  const imageHost = createImageHost({ ...surroundings, onFetch: charges.fetched });
  const doubles = { ...surroundings, table, queue, secret, bucket, provider, imageHost };
  const watch = { onSlotTaken: providersPace.slotTaken, onHeldOff: providersPace.heldOff };
  const workers = createWorkers({
    ...doubles,
    most: scenario.workers,
    dependenciesOf: (process, providerKey) =>
      workerDependencies(process, providerKey, {
        ...doubles,
        pacer: watchedPacer(process, { ...doubles, ...watch }),
      }),
  });
  const callers = createCallers({ ...doubles, jobs });
  callers.start();
  scheduleReconciler(doubles);
  return {
    timeline,
    chronicle,
    history,
    calls,
    naming,
    callers,
    queue,
    relay,
    workers,
    bucket,
    providersPace,
  };
}

function transition(name: string, previous: Generation | null, next: Generation): string {
  return `${name}: ${previous?.state ?? "new"} → ${next.state} (version ${next.version})`;
}
