import { setTimeout as sleep } from "node:timers/promises";
import { ConditionalCheckFailedException, TransactionCanceledException } from "@aws-sdk/client-dynamodb";
import {
  type DynamoDBDocumentClient,
  PutCommand,
  type PutCommandInput,
  TransactWriteCommand,
} from "@aws-sdk/lib-dynamodb";
import type { Write } from "../budgets/table.ts";

const MOST_TRIES = 12;
const LONGEST_PAUSE_MS = 400;

/** Which condition did not hold: that of the record, or one of the writes that go with it. */
export type Written = "written" | "record refused" | "company refused";

/**
 * Writes a record, together with others where there are any: all or nothing. Counters are written by many at once;
 * whoever comes in between tries again.
 */
export async function putWith(
  client: DynamoDBDocumentClient,
  put: PutCommandInput,
  company: readonly Write[],
): Promise<Written> {
  for (let attempt = 1; ; attempt++) {
    try {
      if (company.length === 0) await client.send(new PutCommand(put));
      else await client.send(new TransactWriteCommand({ TransactItems: [{ Put: put }, ...company] }));
      return "written";
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return "record refused";
      if (!(error instanceof TransactionCanceledException)) throw error;
      const [record, ...others] = (error.CancellationReasons ?? []).map(({ Code }) => Code ?? "None");
      if (record === "ConditionalCheckFailed") return "record refused";
      if (others.includes("ConditionalCheckFailed")) return "company refused";
      const contended = record === "TransactionConflict" || others.includes("TransactionConflict");
      if (!contended || attempt === MOST_TRIES) throw error;
    }
    await sleep(Math.random() * Math.min(LONGEST_PAUSE_MS, 20 * 2 ** attempt));
  }
}
