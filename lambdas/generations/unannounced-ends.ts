import { type DynamoDBDocumentClient, UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { timestamp } from "../platform/clock.ts";
import { writeUnlessRefused } from "../platform/conditional-write.ts";
import { dueKeys } from "./due-keys.ts";
import { idOf, keyOf, UNANNOUNCED } from "./item.ts";
import type { EndedGeneration } from "./record.ts";

/** The ended generations of which neither the event bus nor their workflows have heard, as the table knows them. */
export interface UnannouncedEnds {
  /** Notes that all have heard of this end. */
  announced(id: string): Promise<void>;
  /** Ids of those that all should have heard of by now, longest waiting first. `now` in epoch milliseconds. */
  due(now: number): Promise<string[]>;
  /** Changes the record, so that the table's stream tells of its end again. Looked at again at `next` (epoch milliseconds). */
  tellAgain(ended: EndedGeneration, next: number): Promise<void>;
  /** Nobody is told of this end any more. */
  giveUp(id: string): Promise<void>;
}

const AT_ONCE = 200;

/** The unannounced ends of a table. */
export function createUnannouncedEnds(client: DynamoDBDocumentClient, table: string): UnannouncedEnds {
  /** Passes over what somebody else has settled meanwhile. */
  async function update(id: string, expression: string, values: Record<string, unknown>): Promise<void> {
    const command = () =>
      new UpdateCommand({
        TableName: table,
        Key: keyOf(id),
        UpdateExpression: expression,
        ConditionExpression: "#open = :unannounced",
        ExpressionAttributeNames: { "#open": "open" },
        ExpressionAttributeValues: { ":unannounced": UNANNOUNCED, ...values },
      });
    await writeUnlessRefused(() => client.send(command()));
  }

  return {
    announced: (id) => update(id, "SET announced = :yes REMOVE #open, due_at", { ":yes": true }),

    async due(now) {
      const keys = await dueKeys(client, table, { open: UNANNOUNCED, now, limit: AT_ONCE });
      return keys.flatMap((key) => idOf(key) ?? []);
    },

    tellAgain: ({ id, announce_tries }, next) =>
      update(id, "SET announce_tries = :tries, due_at = :next", {
        ":tries": announce_tries + 1,
        ":next": timestamp(next),
      }),

    giveUp: (id) => update(id, "REMOVE #open, due_at", {}),
  };
}
