import type { DynamoDBStreamEvent } from "aws-lambda";
import type { Changes } from "../generations/changes.ts";
import type { Expansions } from "./expansions.ts";
import { batchIdOf } from "./item.ts";

/** Passes new batches on to the expander, by their keys alone: nothing of a record can stand in the way. */
export function relayBatches(expansions: Expansions): (event: DynamoDBStreamEvent) => Promise<void> {
  return ({ Records }) =>
    expansions.send(
      Records.flatMap(({ eventName, dynamodb }) => {
        const id = eventName === "INSERT" ? batchIdOf(dynamodb?.Keys?.["pk"]?.S) : null;
        return id === null ? [] : [{ id }];
      }),
    );
}

/** Passes on whose generations have ended, or were changed after their end: the last of them settles its batch. */
export async function relayMembers(changes: Changes, expansions: Expansions): Promise<void> {
  const idsOf = (those: Changes["ended"]) => new Set(those.flatMap(({ batch_id }) => batch_id ?? []));
  const amended = idsOf(changes.amended);
  const ended = [...idsOf(changes.ended)].filter((id) => !amended.has(id));
  await expansions.send([
    ...ended.map((id) => ({ id })),
    ...[...amended].map((id) => ({ id, isAmended: true })),
  ]);
}
