import { setTimeout as sleep } from "node:timers/promises";
import {
  ConditionalCheckFailedException,
  TransactionCanceledException,
  TransactionConflictException,
} from "@aws-sdk/client-dynamodb";
import { Contended } from "./service-error.ts";

const MOST_TRIES = 12;
const LONGEST_PAUSE_MS = 400;

/** Which conditions did not hold, by the place of their write in the transaction: one for a write by itself. */
export type Refused = readonly boolean[];

/**
 * Sends a write that has conditions. Null when it is written, or which conditions did not hold. While another write of
 * the same items is under way DynamoDB decides nothing, and the write is sent again.
 *
 * @throws Contended where others came in between every time
 */
export async function writeUnlessRefused(send: () => Promise<unknown>): Promise<Refused | null> {
  for (let attempt = 1; attempt <= MOST_TRIES; attempt++) {
    try {
      await send();
      return null;
    } catch (error) {
      const refused = refusedBy(error);
      if (refused.includes(true)) return refused;
      if (!isContention(error)) throw error;
    }
    await sleep(Math.random() * Math.min(LONGEST_PAUSE_MS, 20 * 2 ** attempt));
  }
  throw new Contended();
}

function refusedBy(error: unknown): Refused {
  if (error instanceof ConditionalCheckFailedException) return [true];
  return codesOf(error).map((code) => code === "ConditionalCheckFailed");
}

/**
 * Another write of the same item was under way: a transaction says so of a part, and a put or an update by itself is
 * refused for as long as a transaction holds its item.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html#transaction-conflict-handling
 */
function isContention(error: unknown): boolean {
  return error instanceof TransactionConflictException || codesOf(error).includes("TransactionConflict");
}

function codesOf(error: unknown): string[] {
  if (!(error instanceof TransactionCanceledException)) return [];
  return (error.CancellationReasons ?? []).map(({ Code }) => Code ?? "None");
}
