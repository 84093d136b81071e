import { reconcile } from "../../../lambdas/painting/reconcile.ts";
import { tellMissedEnds } from "../../../lambdas/workflows/missed-ends.ts";
import type { Bucket } from "./bucket.ts";
import type { Chronicle } from "./chronicle.ts";
import { RECONCILE_EVERY_MS } from "./deployment.ts";
import type { Naming } from "./naming.ts";
import type { Processes } from "./processes.ts";
import type { Queue } from "./queue.ts";
import type { Table } from "./table.ts";
import type { Timeline } from "./timeline.ts";

interface Surroundings {
  readonly timeline: Timeline;
  readonly chronicle: Chronicle;
  readonly naming: Naming;
  readonly processes: Processes;
  readonly table: Table;
  readonly queue: Queue;
  readonly bucket: Bucket;
}

/** Lets the real reconciler run for ever, as its schedule says. */
export function scheduleReconciler(surroundings: Surroundings): void {
  const { timeline, chronicle, naming, processes, table, queue, bucket } = surroundings;

  function run(): void {
    scheduleNext();
    const process = processes.start("reconciler");
    const { now } = timeline;
    const signal = (name: string, id: string) => chronicle.signal("reconciler", name, naming.nameOf(id));
    reconcile({
      generations: table.storeOf(process),
      queue: queue.queueOf(process),
      answers: bucket.answersOf(process),
      now,
      signal,
    })
      .then(() =>
        tellMissedEnds({ generations: table.storeOf(process), ends: table.endsOf(process), now, signal }),
      )
      .catch(() => {});
  }

  function scheduleNext(): void {
    timeline.after(RECONCILE_EVERY_MS, run);
  }

  scheduleNext();
}
