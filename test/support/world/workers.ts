import type { SQSEvent } from "aws-lambda";
import type { WorkerDependencies } from "../../../lambdas/painting/dependencies.ts";
import { receiveTurns } from "../../../lambdas/painting/receive-turns.ts";
import { createProviderKey, type ProviderKey } from "../../../lambdas/providers/provider-key.ts";
import { WORKER_TIMEOUT_MS } from "./deployment.ts";
import type { Naming } from "./naming.ts";
import type { Process, Processes } from "./processes.ts";
import type { Consumer, Delivery, Queue } from "./queue.ts";
import type { Secret } from "./secret.ts";
import type { Timeline } from "./timeline.ts";

/** A warm function: its module's state outlives an invocation, and ends with a crash. */
interface Container {
  readonly key: ProviderKey;
  process: Process | null;
}

/** The worker function: so many containers, each with one message at a time. */
export interface Workers extends Consumer {
  /** Invocations that have neither answered nor died. */
  readonly running: number;
}

interface Surroundings {
  readonly most: number;
  readonly timeline: Timeline;
  readonly naming: Naming;
  readonly processes: Processes;
  readonly queue: Queue;
  readonly secret: Secret;
  readonly dependenciesOf: (process: Process, providerKey: ProviderKey) => WorkerDependencies;
}

export function createWorkers(surroundings: Surroundings): Workers {
  const { most, timeline, naming, processes, queue, secret, dependenciesOf } = surroundings;
  const idle = Array.from({ length: most }, coldStart);
  let running = 0;

  function coldStart(): Container {
    const client = secret.clientOf(() => {
      if (container.process === null) throw new Error("a container without a process");
      return container.process;
    });
    const key = createProviderKey(client, "secret", timeline.now);
    const container: Container = { key, process: null };
    return container;
  }

  function free(container: Container): void {
    running--;
    idle.push(container);
    timeline.after(0, queue.poll);
  }

  function receive(delivery: Delivery): void {
    const container = idle.pop();
    if (container === undefined) return;
    running++;
    const name = `worker ${delivery.number}(${naming.nameIn(delivery.body)})`;
    const process = processes.start(name, () => free(coldStart()));
    container.process = process;
    timeline.after(WORKER_TIMEOUT_MS, () => processes.kill(process, "timed out"));
    const work = receiveTurns({
      dependencies: dependenciesOf(process, container.key),
      queue: queue.queueOf(process),
    });
    const finish = (kept: boolean) => {
      if (!process.alive) return;
      process.alive = false;
      if (!kept) queue.delete(delivery.receipt);
      free(container);
    };
    work(eventOf(delivery)).then(
      ({ batchItemFailures }) => finish(batchItemFailures.length > 0),
      () => finish(true),
    );
  }

  return {
    isFree: () => idle.length > 0,
    receive,
    get running() {
      return running;
    },
  };
}

function eventOf({ receipt, body, receives }: Delivery): SQSEvent {
  const record = {
    messageId: receipt,
    receiptHandle: receipt,
    body,
    attributes: { ApproximateReceiveCount: String(receives) },
  };
  return { Records: [record] } as unknown as SQSEvent;
}
