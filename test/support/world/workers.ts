import type { SQSEvent } from "aws-lambda";
import type { WorkerDependencies } from "../../../lambdas/painting/dependencies.ts";
import { receiveTurns } from "../../../lambdas/painting/receive-turns.ts";
import { createProviderKey, type ProviderKey } from "../../../lambdas/providers/provider-key.ts";
import { WORKER_TIMEOUT_MS } from "./deployment.ts";
import type { Naming } from "./naming.ts";
import type { Process, Processes } from "./processes.ts";
import type { Consumer, Delivery, Queue } from "./queue.ts";
import type { Secret } from "./secret.ts";
import { MINUTE, type Timeline } from "./timeline.ts";

/** Lambda keeps an idle container for some minutes. */
const KEPT_WARM_MS = 10 * MINUTE;

/** A warm function: its module's state outlives an invocation, and ends with a crash. */
interface Container {
  readonly key: ProviderKey;
  readonly connected: Set<string>;
  process: Process | null;
  idleSince: number;
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
  readonly coldDelay: () => number;
  readonly secret: Secret;
  readonly dependenciesOf: (process: Process, providerKey: ProviderKey) => WorkerDependencies;
}

export function createWorkers(surroundings: Surroundings): Workers {
  const { most, timeline, naming, processes, queue, coldDelay, secret, dependenciesOf } = surroundings;
  const idle = Array.from({ length: most }, coldStart);
  let running = 0;

  function coldStart(): Container {
    const client = secret.clientOf(() => {
      if (container.process === null) throw new Error("a container without a process");
      return container.process;
    });
    const key = createProviderKey(client, "secret", timeline.now);
    const container: Container = { key, connected: new Set(), process: null, idleSince: timeline.clock };
    return container;
  }

  function free(container: Container): void {
    running--;
    container.idleSince = timeline.clock;
    idle.push(container);
    timeline.after(0, queue.poll);
  }

  function receive(delivery: Delivery): void {
    const last = idle.pop();
    if (last === undefined) return;
    const container = timeline.clock - last.idleSince > KEPT_WARM_MS ? coldStart() : last;
    const isCold = container.connected.size === 0;
    running++;
    const name = `worker ${delivery.number}(${naming.nameIn(delivery.body)})`;
    const process = processes.start(name, () => free(coldStart()), container.connected);
    container.process = process;
    timeline.after(WORKER_TIMEOUT_MS, () => processes.kill(process, "timed out"));
    const receive = receiveTurns({
      dependencies: dependenciesOf(process, container.key),
      queue: queue.queueOf(process),
    });
    const work = async (event: SQSEvent) => {
      const late = isCold ? coldDelay() : 0;
      if (late > 0) await processes.call(process, "sleep", () => {}, late);
      return receive(event);
    };
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
