import { SendMessageBatchCommand, type SQSClient } from "@aws-sdk/client-sqs";
import * as z from "zod";
import { BATCH_ID } from "../platform/ids.ts";

const messageSchema = z.object({ batch_id: z.string().regex(BATCH_ID) });

/** The queue of batches whose generations are to be made. */
export interface Expansions {
  send(ids: readonly string[]): Promise<void>;
}

const AT_ONCE = 10;

/** The batch that a message names, or null when it can't be read. */
export function readExpansion(body: string): string | null {
  try {
    return messageSchema.parse(JSON.parse(body)).batch_id;
  } catch {
    return null;
  }
}

/** The queue over SQS. */
export function createExpansions(client: SQSClient, queueUrl: string): Expansions {
  return {
    async send(ids) {
      for (let start = 0; start < ids.length; start += AT_ONCE) {
        const Entries = ids
          .slice(start, start + AT_ONCE)
          .map((id, index) => ({ Id: String(index), MessageBody: JSON.stringify({ batch_id: id }) }));
        const { Failed = [] } = await client.send(
          new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries }),
        );
        if (Failed.length > 0) throw new Error(`SQS refused ${Failed.length} of ${Entries.length} messages`);
      }
    },
  };
}
