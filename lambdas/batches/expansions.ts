import { SendMessageBatchCommand, type SQSClient } from "@aws-sdk/client-sqs";
import * as z from "zod";
import { BATCH_ID } from "../platform/ids.ts";

const messageSchema = z.object({
  batch_id: z.string().regex(BATCH_ID),
  amended: z.boolean().default(false),
});

/** A batch that has to be taken further. */
export interface Expansion {
  readonly id: string;
  /** Something of it has changed after its end: its results are written again. */
  readonly isAmended?: boolean | undefined;
}

/** The queue of batches that have to be taken further. */
export interface Expansions {
  send(batches: readonly Expansion[], delaySeconds?: number): Promise<void>;
}

const AT_ONCE = 10;

/** The batch that a message names, or null when it can't be read. */
export function readExpansion(body: string): Required<Expansion> | null {
  try {
    const { batch_id, amended } = messageSchema.parse(JSON.parse(body));
    return { id: batch_id, isAmended: amended };
  } catch {
    return null;
  }
}

/** The queue over SQS. */
export function createExpansions(client: SQSClient, queueUrl: string): Expansions {
  return {
    async send(batches, delaySeconds) {
      for (let start = 0; start < batches.length; start += AT_ONCE) {
        const Entries = batches.slice(start, start + AT_ONCE).map(({ id, isAmended = false }, index) => ({
          Id: String(index),
          MessageBody: JSON.stringify({ batch_id: id, ...(isAmended && { amended: true }) }),
          ...(delaySeconds !== undefined && { DelaySeconds: delaySeconds }),
        }));
        const { Failed = [] } = await client.send(
          new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries }),
        );
        if (Failed.length > 0) throw new Error(`SQS refused ${Failed.length} of ${Entries.length} messages`);
      }
    },
  };
}
