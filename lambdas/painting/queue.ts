import {
  ChangeMessageVisibilityCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  type SQSClient,
} from "@aws-sdk/client-sqs";
import * as z from "zod";
import type { Changes } from "../generations/changes.ts";

const messageSchema = z.object({ generation_id: z.string().regex(/^gen_[0-9a-z]{26}$/) });

/** SQS keeps a message invisible for 12 hours at most, counted from its receipt. */
const LONGEST_INVISIBILITY_SECONDS = 11 * 3600;

/** The queue of turns: one message for each queued generation. */
export interface TurnQueue {
  /** Queues a turn for each of these generations. */
  send(ids: readonly string[]): Promise<void>;
  /** Makes a received message visible again after so many seconds, and not before. */
  putBack(receiptHandle: string, seconds: number): Promise<void>;
  /** Hides a message for so many seconds from now: its worker lives. */
  hold(receiptHandle: string, seconds: number): Promise<void>;
  /** Sends an unreadable message to the dead-letter queue. */
  deadLetter(body: string): Promise<void>;
}

const BATCH = 10;

/** The body of a generation's message. */
export function messageBody(id: string): string {
  return JSON.stringify({ generation_id: id });
}

/** The generation that a message names, or null when it can't be read. */
export function readMessage(body: string): string | null {
  try {
    return messageSchema.parse(JSON.parse(body)).generation_id;
  } catch {
    return null;
  }
}

/** The queue of turns over SQS, for those who only send. */
export function createTurnSender(client: SQSClient, queue: string): Pick<TurnQueue, "send"> {
  return {
    async send(ids) {
      for (let start = 0; start < ids.length; start += BATCH) {
        const batch = ids.slice(start, start + BATCH);
        const { Failed = [] } = await client.send(
          new SendMessageBatchCommand({
            QueueUrl: queue,
            Entries: batch.map((id, index) => ({ Id: String(index), MessageBody: messageBody(id) })),
          }),
        );
        if (Failed.length > 0) throw new Error(`SQS refused ${Failed.length} of ${batch.length} messages`);
      }
    },
  };
}

/** The queue of turns over SQS, for the worker. */
export function createTurnQueue(client: SQSClient, urls: { queue: string; deadLetters: string }): TurnQueue {
  async function hide(receiptHandle: string, seconds: number): Promise<void> {
    await client.send(
      new ChangeMessageVisibilityCommand({
        QueueUrl: urls.queue,
        ReceiptHandle: receiptHandle,
        VisibilityTimeout: Math.min(LONGEST_INVISIBILITY_SECONDS, Math.max(0, Math.ceil(seconds))),
      }),
    );
  }

  return {
    ...createTurnSender(client, urls.queue),
    putBack: hide,
    hold: hide,
    async deadLetter(body) {
      await client.send(new SendMessageCommand({ QueueUrl: urls.deadLetters, MessageBody: body }));
    },
  };
}

/** Queues a turn for each new generation. May happen twice: a second message finds its generation taken. */
export function relayTurns({ added }: Changes, queue: Pick<TurnQueue, "send">): Promise<void> {
  return queue.send(added.map(({ id }) => id));
}
