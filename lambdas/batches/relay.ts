import type { DynamoDBStreamEvent } from "aws-lambda";
import type { Expansions } from "./expansions.ts";
import { batchIdOf } from "./table.ts";

/** Passes new batches on to the expander, by their keys alone: nothing of a record can stand in the way. */
export function relayBatches(expansions: Expansions): (event: DynamoDBStreamEvent) => Promise<void> {
  return ({ Records }) =>
    expansions.send(
      Records.flatMap(({ eventName, dynamodb }) =>
        eventName === "INSERT" ? (batchIdOf(dynamodb?.Keys?.["pk"]?.S) ?? []) : [],
      ),
    );
}
