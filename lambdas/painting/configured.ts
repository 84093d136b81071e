import { queues } from "../platform/clients.ts";
import { required } from "../platform/environment.ts";
import { createTurnQueue } from "./queue.ts";

/** The queue of turns of this deployment. */
export const turns = createTurnQueue(queues, {
  queue: required("QUEUE_URL"),
  deadLetters: required("DEAD_LETTER_QUEUE_URL"),
});
