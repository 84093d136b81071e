import { unmarshall } from "@aws-sdk/util-dynamodb";
import type { DynamoDBRecord, DynamoDBStreamEvent } from "aws-lambda";
import { billedOf } from "./billed.ts";
import { fromItem, idOf, NewerRecord } from "./item.ts";
import { type EndedGeneration, type Generation, isOpen } from "./record.ts";

/** A generation before and after a write; before is null for a new one. */
interface Change {
  readonly before: Generation | null;
  readonly after: Generation;
}

/** What a part of the table's stream says of generations. */
export interface Changes {
  readonly added: readonly Generation[];
  readonly ended: readonly EndedGeneration[];
  /** Whose charge was learned after the end. */
  readonly amended: readonly EndedGeneration[];
}

/**
 * Reads the changes that others wait for. One that can't be read is told and passed over: a bad item must not hold up
 * the stream. One of a newer version is passed over in silence: that version's reconciler finds what was not told.
 */
export function readChanges({ Records }: DynamoDBStreamEvent, unreadable: () => void): Changes {
  const changes = Records.flatMap((record) => {
    try {
      return readChange(record) ?? [];
    } catch (error) {
      if (!(error instanceof NewerRecord)) unreadable();
      return [];
    }
  });
  return {
    added: changes.flatMap(({ before, after }) => (before === null && isOpen(after) ? [after] : [])),
    ended: changes.flatMap(({ before, after }) =>
      !isOpen(after) && (before === null || isOpen(before) || isToldAgain(before, after)) ? [after] : [],
    ),
    amended: changes.flatMap(({ before, after }) =>
      before !== null && !isOpen(before) && !isOpen(after) && billedOf(before) !== billedOf(after)
        ? [after]
        : [],
    ),
  };
}

function isToldAgain(before: EndedGeneration, after: EndedGeneration): boolean {
  return !after.announced && after.announce_tries > before.announce_tries;
}

function readChange({ dynamodb }: DynamoDBRecord): Change | null {
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
