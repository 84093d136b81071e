import { type DynamoDBDocumentClient, QueryCommand } from "@aws-sdk/lib-dynamodb";
import { timestamp } from "../platform/clock.ts";

interface Due {
  /** What stands in the attribute `open` of those that are meant. */
  readonly open: string;
  /** Epoch milliseconds. */
  readonly now: number;
  /** How many at most. */
  readonly limit: number;
}

/** The keys of what should have moved on by now, longest waiting first; by an index, which may be a moment behind. */
export async function dueKeys(
  client: DynamoDBDocumentClient,
  table: string,
  { open, now, limit }: Due,
): Promise<unknown[]> {
  const { Items = [] } = await client.send(
    new QueryCommand({
      TableName: table,
      IndexName: "open",
      KeyConditionExpression: "#open = :open AND due_at <= :now",
      ExpressionAttributeNames: { "#open": "open" },
      ExpressionAttributeValues: { ":open": open, ":now": timestamp(now) },
      Limit: limit,
    }),
  );
  return Items.map(({ pk }) => pk);
}
