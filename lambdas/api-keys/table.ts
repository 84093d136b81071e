import { createHash, randomBytes } from "node:crypto";
import { ConditionalCheckFailedException } from "@aws-sdk/client-dynamodb";
import {
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  UpdateCommand,
} from "@aws-sdk/lib-dynamodb";
import * as z from "zod/mini";
import { refusedOwner } from "./owner.ts";

const recordSchema = z.object({
  key_id: z.string(),
  key_owner: z.string(),
  created_at: z.string(),
  revoked_at: z.nullable(z.string()),
});

/** An API key, without the key itself. */
export type ApiKey = z.infer<typeof recordSchema>;

/** The partition of the owner index that lists all keys; no owner's name can be that. */
const ALL_KEYS = "#api-keys";

/** What came of a revocation: there may be no key of that id. */
type Revocation = "revoked" | "revoked_before" | "unknown";

/** API keys, of which the table knows the hash alone. */
export interface ApiKeyStore {
  /**
   * Makes a key for an owner. This answer is the only place where it ever shows.
   *
   * @throws Error with a sentence for the operator where no key may be made for that name
   */
  create(owner: string): Promise<ApiKey & { key: string }>;
  /** The record of a key that is valid, or null. */
  find(key: string): Promise<ApiKey | null>;
  /** All keys ever made, oldest first. */
  list(): Promise<ApiKey[]>;
  /** Makes a key invalid, for good: the first revocation's date stays. */
  revoke(keyId: string): Promise<Revocation>;
}

/** The store of API keys in the service's table. `now` in epoch milliseconds. */
export function createApiKeyStore(
  client: DynamoDBDocumentClient,
  table: string,
  now: () => number,
): ApiKeyStore {
  return {
    async create(owner) {
      const refused = refusedOwner(owner);
      if (refused !== null) throw new Error(refused);
      const key = `aik_${randomBytes(32).toString("base64url")}`;
      const pk = keyHash(key);
      const record = {
        key_id: pk.slice("key#".length, "key#".length + 12),
        key_owner: owner,
        created_at: new Date(now()).toISOString(),
        revoked_at: null,
      };
      const item = { pk, ...record, owner: ALL_KEYS, created: `${record.created_at}#${record.key_id}` };
      await client.send(
        new PutCommand({ TableName: table, Item: item, ConditionExpression: "attribute_not_exists(pk)" }),
      );
      return { ...record, key };
    },

    async find(key) {
      const { Item } = await client.send(new GetCommand({ TableName: table, Key: { pk: keyHash(key) } }));
      const result = recordSchema.safeParse(Item);
      if (!result.success || result.data.revoked_at !== null) return null;
      // One made before the name was kept, or written by hand, opens nothing.
      return refusedOwner(result.data.key_owner) === null ? result.data : null;
    },

    async list() {
      const hashes = await allHashes(client, table);
      const records = await Promise.all(
        hashes.map((pk) =>
          client.send(new GetCommand({ TableName: table, Key: { pk }, ConsistentRead: true })),
        ),
      );
      return records.flatMap(({ Item }) => recordSchema.safeParse(Item).data ?? []);
    },

    async revoke(keyId) {
      const pk = (await allHashes(client, table)).find((hash) => hash.startsWith(`key#${keyId}`));
      if (pk === undefined || keyId.length < 12) return "unknown";
      try {
        await client.send(
          new UpdateCommand({
            TableName: table,
            Key: { pk },
            UpdateExpression: "SET revoked_at = :now",
            ConditionExpression: "revoked_at = :valid",
            ExpressionAttributeValues: { ":now": new Date(now()).toISOString(), ":valid": null },
          }),
        );
        return "revoked";
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException) return "revoked_before";
        throw error;
      }
    },
  };
}

async function allHashes(client: DynamoDBDocumentClient, table: string): Promise<string[]> {
  const hashes: string[] = [];
  let from: Record<string, unknown> | undefined;
  do {
    const page = await client.send(
      new QueryCommand({
        TableName: table,
        IndexName: "by_owner",
        KeyConditionExpression: "#owner = :keys",
        ExpressionAttributeNames: { "#owner": "owner" },
        ExpressionAttributeValues: { ":keys": ALL_KEYS },
        ...(from !== undefined && { ExclusiveStartKey: from }),
      }),
    );
    hashes.push(...(page.Items ?? []).flatMap((item) => (typeof item.pk === "string" ? [item.pk] : [])));
    from = page.LastEvaluatedKey;
  } while (from !== undefined);
  return hashes;
}

function keyHash(key: string): string {
  return `key#${createHash("sha256").update(key).digest("hex")}`;
}
