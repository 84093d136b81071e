import type { SQSBatchResponse, SQSEvent, SQSRecord } from "aws-lambda";
import { CorruptRecord } from "../generations/item.ts";
import { abandon } from "../generations/transitions/queued.ts";
import { errorName, logger } from "../platform/observe.ts";
import { bestEffort } from "./best-effort.ts";
import { back, type Disposition, DONE, type WorkerDependencies } from "./dependencies.ts";
import { readMessage, type TurnQueue } from "./queue.ts";
import { deliver } from "./turn.ts";

/**
 * Deliveries after which a message that has to come back is replaced by a fresh one: waiting, for a paused queue,
 * an unknown host or a service that fails, must never look like poison.
 */
const FRESH_AFTER = 30;
/** Only a message that kills the worker every time is delivered so often. Below the queue's limit (lib/queue.ts). */
const MOST_DELIVERIES = 40;
const FIRST_RETRY_MS = 2000;
const LONGEST_RETRY_MS = 60_000;

interface Receiver {
  readonly dependencies: WorkerDependencies;
  readonly queue: TurnQueue;
}

/**
 * Handles a batch of messages. A message that is done with is deleted; one that has to come back is made
 * visible at its time and reported as failed, which is how SQS keeps it; an unreadable one is sent to the dead-letter
 * queue.
 */
export function receiveTurns(receiver: Receiver): (event: SQSEvent) => Promise<SQSBatchResponse> {
  return async (event) => {
    const kept = await Promise.all(event.Records.map((record) => receive(record, receiver)));
    return {
      batchItemFailures: kept.flatMap((itemIdentifier) =>
        itemIdentifier === null ? [] : [{ itemIdentifier }],
      ),
    };
  };
}

/** The message's id where it must stay in the queue, null where it is done with. */
async function receive(record: SQSRecord, { dependencies, queue }: Receiver): Promise<string | null> {
  const stop = beat(record, { dependencies, queue });
  const disposition = await dispose(record, { dependencies, queue }).finally(stop);
  if (disposition.kind === "done") return null;
  const id = readMessage(record.body);
  try {
    if (id !== null && deliveriesOf(record) >= FRESH_AFTER) {
      await queue.send([id]);
      return null;
    }
    await queue.putBack(record.receiptHandle, (disposition.at - dependencies.now()) / 1000);
  } catch (error) {
    // It comes back all the same, when its visibility timeout ends.
    logger.warn("message not put back", { error: errorName(error) });
  }
  return record.messageId;
}

/**
 * Shows that this worker lives: the queue hides its message for a short while only, again and again. Answers how to
 * stop, after which nothing hides it any more. A sign that fails does no harm: others ask before they think it dead.
 */
function beat(record: SQSRecord, { dependencies, queue }: Receiver): () => Promise<void> {
  const { heartbeatMs, visibilitySeconds } = dependencies.liveness;
  const hold = async () => {
    await bestEffort(() => queue.hold(record.receiptHandle, visibilitySeconds));
  };
  const first = hold();
  const stop = dependencies.every(heartbeatMs, hold);
  return async () => {
    await Promise.all([first, stop()]);
  };
}

async function dispose(record: SQSRecord, receiver: Receiver): Promise<Disposition> {
  const { dependencies, queue } = receiver;
  const id = readMessage(record.body);
  const deliveries = deliveriesOf(record);
  try {
    if (id === null) return await deadLetter(record, "unreadable message", receiver);
    if (deliveries > MOST_DELIVERIES) {
      const generation = await dependencies.generations.get(id);
      if (generation?.state === "queued")
        await dependencies.generations.save(abandon(generation, dependencies.now()));
      return await deadLetter(record, id, receiver);
    }
    return await deliver(id, dependencies);
  } catch (error) {
    if (error instanceof CorruptRecord) {
      await dependencies.generations.quarantine(error.id);
      await queue.deadLetter(record.body);
      dependencies.signal("PoisonMessage", error.id);
      return DONE;
    }
    dependencies.signal("DeliveryFailed", id ?? "");
    logger.error("delivery failed", { generation_id: id ?? "", error: errorName(error), deliveries });
    const pause = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(deliveries - 1, 10));
    return back(dependencies.now() + pause);
  }
}

async function deadLetter(
  record: SQSRecord,
  id: string,
  { dependencies, queue }: Receiver,
): Promise<Disposition> {
  await queue.deadLetter(record.body);
  dependencies.signal("PoisonMessage", id);
  return DONE;
}

function deliveriesOf(record: SQSRecord): number {
  return Number(record.attributes.ApproximateReceiveCount);
}
