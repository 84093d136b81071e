import type { Changes } from "../generations/changes.ts";
import type { TurnQueue } from "./queue.ts";

/** Queues a turn for each new generation. May happen twice: a second message finds its generation taken. */
export function relayTurns({ added }: Changes, queue: Pick<TurnQueue, "send">): Promise<void> {
  return queue.send(added.map(({ id }) => id));
}
