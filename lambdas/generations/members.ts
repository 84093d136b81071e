import { type DynamoDBDocumentClient, QueryCommand } from "@aws-sdk/lib-dynamodb";
import { idOf } from "./item.ts";
import { type Member, readMember } from "./member.ts";
import type { Status } from "./record.ts";

interface Which {
  readonly status?: Status;
  /** How many at most. */
  readonly limit?: number;
}

/**
 * The generations of a batch, or those of one status, by the index alone, which may be a moment behind. What it costs
 * grows with the batch.
 */
export async function membersOf(
  client: DynamoDBDocumentClient,
  table: string,
  batch: string,
  { status, limit }: Which = {},
): Promise<Member[]> {
  // By key: one that changes its status while the pages are read may be on two of them.
  const members = new Map<string, Member>();
  let start: Record<string, unknown> | undefined;
  do {
    const { Items = [], LastEvaluatedKey } = await client.send(
      new QueryCommand({
        TableName: table,
        IndexName: "by_batch",
        KeyConditionExpression:
          status === undefined
            ? "in_batch = :batch"
            : "in_batch = :batch AND begins_with(batch_item, :status)",
        ExpressionAttributeValues: {
          ":batch": batch,
          ...(status !== undefined && { ":status": `${status}#` }),
        },
        ...(limit !== undefined && { Limit: limit }),
        ...(start !== undefined && { ExclusiveStartKey: start }),
      }),
    );
    for (const { pk, batch_item } of Items) {
      const id = idOf(pk);
      const member = id === null ? null : readMember(id, String(batch_item));
      if (member !== null) members.set(member.id, member);
    }
    start = LastEvaluatedKey;
  } while (start !== undefined && (limit === undefined || members.size < limit));
  return [...members.values()];
}
