import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { ConditionalCheckFailedException } from "@aws-sdk/client-dynamodb";
import { type DynamoDBDocumentClient, GetCommand, PutCommand } from "@aws-sdk/lib-dynamodb";
import * as z from "zod";
import { InvalidInput } from "../platform/service-error.ts";

const SIGNATURE_BYTES = 16;

/** The form of any cursor: one that has it may still not be ours. */
export const CURSOR_FORM = /^[\w-]{22,}$/;
export const NO_CURSOR = "is not a cursor of this list: take next_cursor as it is, with the same filters";

/** What a cursor belongs to: it leads nowhere under another owner or other filters. */
interface Binding {
  readonly owner: string;
  readonly filters: readonly (string | number | null)[];
}

/** The opaque cursors of positions in lists, signed. */
export interface Cursors {
  /** The cursor of a position. */
  write(position: string, binding: Binding): Promise<string>;
  /**
   * The position in a cursor.
   *
   * @throws InvalidInput for one that was altered, or was made for another owner or list
   */
  read(cursor: string, binding: Binding): Promise<string>;
}

/** Cursors signed with a secret. */
export function createCursors(secret: () => Promise<Uint8Array>): Cursors {
  return {
    async write(position, binding) {
      const signature = signatureOf(position, binding, await secret());
      return Buffer.concat([signature, Buffer.from(position)]).toString("base64url");
    },
    async read(cursor, binding) {
      const bytes = Buffer.from(cursor, "base64url");
      const signature = bytes.subarray(0, SIGNATURE_BYTES);
      const position = bytes.subarray(SIGNATURE_BYTES).toString();
      const genuine =
        // Several texts decode to the same bytes; only the one that we wrote counts.
        bytes.toString("base64url") === cursor &&
        signature.byteLength === SIGNATURE_BYTES &&
        timingSafeEqual(signature, signatureOf(position, binding, await secret()));
      if (!genuine) throw new InvalidInput([{ pointer: "#/query/after", detail: NO_CURSOR }]);
      return position;
    },
  };
}

function signatureOf(position: string, { owner, filters }: Binding, key: Uint8Array): Buffer {
  return createHmac("sha256", key)
    .update(JSON.stringify([owner, filters, position]))
    .digest()
    .subarray(0, SIGNATURE_BYTES);
}

const KEY = { pk: "cursor-key" };
const itemSchema = z.object({ secret: z.base64() });

/**
 * The secret that list cursors are signed with: made by whoever needs it first, kept in the table, read once per
 * process. Reading it gives nobody any record; it only keeps cursors from being forged.
 */
export function cursorSecret(client: DynamoDBDocumentClient, table: string): () => Promise<Uint8Array> {
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
