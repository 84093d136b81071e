import { type DynamoDBDocumentClient, PutCommand } from "@aws-sdk/lib-dynamodb";

/** A model's pacer of its own, so that holding it back leaves all other work alone. */
export const HELD_MODEL = "qwen-image-max-2025-12-30";

/** Keeps all generations of {@link HELD_MODEL} queued for so long, as a throttle of the provider does. */
export async function hold(
  client: DynamoDBDocumentClient,
  table: string,
  milliseconds: number,
): Promise<void> {
  const until = Date.now() + milliseconds;
  const Item = {
    pk: `pacer#sg#${HELD_MODEL}`,
    version: until,
    arrival: until,
    line_ends: 0,
    slot_number: 0,
    held_until: until,
    paused: null,
    probe_at: 0,
  };
  await client.send(new PutCommand({ TableName: table, Item }));
}
