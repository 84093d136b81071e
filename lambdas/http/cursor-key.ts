import { randomBytes } from "node:crypto";
import { ConditionalCheckFailedException } from "@aws-sdk/client-dynamodb";
import { type DynamoDBDocumentClient, GetCommand, PutCommand } from "@aws-sdk/lib-dynamodb";
import * as z from "zod";

const KEY = { pk: "cursor-key" };
const itemSchema = z.object({ secret: z.base64() });

/**
 * The secret that list cursors are signed with: made by whoever needs it first, kept in the table, read once per
 * process. Reading it gives nobody any record; it only keeps cursors from being forged.
 */
export function createCursorKey(client: DynamoDBDocumentClient, table: string): () => Promise<Uint8Array> {
  let cached: Uint8Array | undefined;

  async function read(): Promise<Uint8Array | undefined> {
    const { Item } = await client.send(new GetCommand({ TableName: table, Key: KEY, ConsistentRead: true }));
    return Item === undefined ? undefined : Buffer.from(itemSchema.parse(Item).secret, "base64");
  }

  async function make(): Promise<Uint8Array | undefined> {
    const secret = randomBytes(32);
    try {
      await client.send(
        new PutCommand({
          TableName: table,
          Item: { ...KEY, secret: secret.toString("base64") },
          ConditionExpression: "attribute_not_exists(pk)",
        }),
      );
      return secret;
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
      return read();
    }
  }

  return async () => {
    cached ??= (await read()) ?? (await make());
    if (cached === undefined) throw new Error("the cursor key vanished while it was made");
    return cached;
  };
}
