import { unmarshall } from "@aws-sdk/util-dynamodb";
import type { DynamoDBRecord, DynamoDBStreamEvent } from "aws-lambda";
import { fromItem, idOf } from "../generations/item.ts";
import { type EndedGeneration, type Generation, isOpen } from "../generations/record.ts";
import type { TurnQueue } from "./queue.ts";

interface Relay {
  readonly queue: Pick<TurnQueue, "send">;
  readonly announce: (generation: EndedGeneration) => Promise<void>;
  /** Called for a change that can't be read. It is passed over: one bad item must not hold up the stream. */
  readonly unreadable: () => void;
}

/**
 * Relays a batch of changes. What fails makes the whole batch come again, so everything here may happen
 * twice: a second message for a generation finds it taken, a second event carries the same id.
 */
export function relayChanges({
  queue,
  announce,
  unreadable,
}: Relay): (event: DynamoDBStreamEvent) => Promise<void> {
  return async ({ Records }) => {
    const changes = Records.flatMap((record) => {
      try {
        return readChange(record) ?? [];
      } catch {
        unreadable();
        return [];
      }
    });
    await queue.send(
      changes.flatMap(({ before, after }) => (before === null && isOpen(after) ? [after.id] : [])),
    );
    for (const { before, after } of changes) {
      if (!isOpen(after) && (before === null || isOpen(before))) await announce(after);
    }
  };
}

function readChange({ dynamodb }: DynamoDBRecord): { before: Generation | null; after: Generation } | null {
  if (dynamodb?.NewImage === undefined || idOf(dynamodb.Keys?.pk?.S) === null) return null;
  return {
    before: dynamodb.OldImage === undefined ? null : readImage(dynamodb.OldImage),
    after: readImage(dynamodb.NewImage),
  };
}

type Image = NonNullable<NonNullable<DynamoDBRecord["dynamodb"]>["NewImage"]>;

function readImage(image: Image): Generation {
  // The event's types and the SDK's describe the same JSON; binary values, where they differ, we have none.
  return fromItem(unmarshall(JSON.parse(JSON.stringify(image))));
}
