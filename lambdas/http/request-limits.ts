import { type DynamoDBDocumentClient, UpdateCommand } from "@aws-sdk/lib-dynamodb";
import * as z from "zod";

/** How often an owner has asked in the present minute, this request included. */
export interface RequestCount {
  readonly used: number;
  /** When the next minute begins, in epoch milliseconds. */
  readonly resetsAt: number;
}

/** Counts the requests of owners, minute by minute. */
export interface RequestLimits {
  count(owner: string): Promise<RequestCount>;
}

const WINDOW_MS = 60_000;
const countSchema = z.object({ requests: z.int() });

/** The counters in the service's table: one item for an owner and minute, which lives a little longer than that. */
export function createRequestLimits(
  client: DynamoDBDocumentClient,
  table: string,
  now: () => number,
): RequestLimits {
  return {
    async count(owner) {
      const minute = Math.floor(now() / WINDOW_MS);
      const resetsAt = (minute + 1) * WINDOW_MS;
      const { Attributes } = await client.send(
        new UpdateCommand({
          TableName: table,
          Key: { pk: `requests#${owner}#${minute}` },
          UpdateExpression: "ADD requests :one SET expires_at = :expires",
          ExpressionAttributeValues: { ":one": 1, ":expires": resetsAt / 1000 + 60 },
          ReturnValues: "UPDATED_NEW",
        }),
      );
      return { used: countSchema.parse(Attributes).requests, resetsAt };
    },
  };
}
