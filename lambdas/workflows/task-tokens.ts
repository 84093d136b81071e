import { type DynamoDBDocumentClient, GetCommand, UpdateCommand } from "@aws-sdk/lib-dynamodb";

/**
 * Further task tokens that wait for a generation: a workflow that retries its task comes with a new token.
 * They are kept beside the record, which belongs to the worker while it runs.
 */
export interface TaskTokens {
  add(id: string, token: string): Promise<void>;
  of(id: string): Promise<string[]>;
}

const LIFETIME_SECONDS = 30 * 86_400;

/** The tokens in the service's table. `now` in epoch milliseconds. */
export function createTaskTokens(
  client: DynamoDBDocumentClient,
  table: string,
  now: () => number,
): TaskTokens {
  const keyOf = (id: string) => ({ pk: `task-tokens#${id}` });
  return {
    async add(id, token) {
      await client.send(
        new UpdateCommand({
          TableName: table,
          Key: keyOf(id),
          UpdateExpression: "ADD tokens :token SET expires_at = :end",
          ExpressionAttributeValues: {
            ":token": new Set([token]),
            ":end": Math.ceil(now() / 1000) + LIFETIME_SECONDS,
          },
        }),
      );
    },
    async of(id) {
      const { Item } = await client.send(
        new GetCommand({ TableName: table, Key: keyOf(id), ConsistentRead: true }),
      );
      const tokens: unknown = Item?.tokens;
      return tokens instanceof Set ? [...tokens].map(String) : [];
    },
  };
}
