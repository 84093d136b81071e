import { queues } from "../platform/clients/queues.ts";
import { required, requiredNumber } from "../platform/environment.ts";
import type { WorkerDependencies } from "./dependencies.ts";
import { createTurnQueue } from "./queue.ts";

/** The queue of turns of this deployment. */
export const turns = createTurnQueue(queues, {
  queue: required("QUEUE_URL"),
  deadLetters: required("DEAD_LETTER_QUEUE_URL"),
});

/** How dead workers are noticed in this deployment. */
export function configuredLiveness(): WorkerDependencies["liveness"] {
  return {
    heartbeatMs: requiredNumber("HEARTBEAT_SECONDS") * 1000,
    visibilitySeconds: requiredNumber("WORK_VISIBILITY_SECONDS"),
    inquiryMs: requiredNumber("INQUIRY_SECONDS") * 1000,
  };
}
