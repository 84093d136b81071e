import { setTimeout as delay } from "node:timers/promises";
import { DescribeTableCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { InvokeCommand, type LambdaClient } from "@aws-sdk/client-lambda";
import * as z from "zod";
import { emulatorCredentials } from "../../../bin/local/surroundings.ts";

const POLL_MS = 50;
/** Between two tries of a function that failed. */
const AGAIN_MS = 500;

/** DynamoDB Local takes any signature, and no request without one. */
const authorization =
  "AWS4-HMAC-SHA256 Credential=fidelity/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0";

const shardsSchema = z.object({
  StreamDescription: z.object({ Shards: z.array(z.object({ ShardId: z.string() })) }),
});
const iteratorSchema = z.object({ ShardIterator: z.string() });
const recordsSchema = z.object({ Records: z.array(z.unknown()), NextShardIterator: z.string().nullish() });

interface Follower {
  readonly client: LambdaClient;
  readonly name: string;
}

/**
 * Calls a function with the changes of a table in DynamoDB Local, as Lambda's event source mapping does: shard by
 * shard, in order, the same ones again while it fails. Nothing is filtered.
 */
export function followStream(endpoint: string, table: string, follower: Follower) {
  const stopping = new AbortController();
  const following = follow(endpoint, table, { ...follower, signal: stopping.signal }).catch((error) => {
    if (!stopping.signal.aborted) console.error("The stream of DynamoDB Local is followed no more:", error);
  });
  return {
    async stop() {
      stopping.abort();
      await following;
    },
  };
}

type Following = Follower & { readonly signal: AbortSignal };

async function follow(endpoint: string, table: string, follower: Following): Promise<void> {
  const { signal } = follower;
  const streams = streamsOf(endpoint, signal);
  const StreamArn = await streamArnOf(endpoint, table);
  const followed = new Set<string>();
  for (;;) {
    const { StreamDescription } = shardsSchema.parse(await streams("DescribeStream", { StreamArn }));
    for (const { ShardId } of StreamDescription.Shards.filter(({ ShardId }) => !followed.has(ShardId))) {
      followed.add(ShardId);
      const start = { StreamArn, ShardId, ShardIteratorType: "TRIM_HORIZON" };
      let iterator: string | null | undefined = iteratorSchema.parse(
        await streams("GetShardIterator", start),
      ).ShardIterator;
      while (iterator != null) {
        const page = recordsSchema.parse(
          await streams("GetRecords", { ShardIterator: iterator, Limit: 100 }),
        );
        if (page.Records.length > 0) await hand(page.Records, follower);
        else await delay(POLL_MS, undefined, { signal });
        iterator = page.NextShardIterator;
      }
    }
    await delay(POLL_MS, undefined, { signal });
  }
}

async function hand(Records: unknown[], { client, name, signal }: Following): Promise<void> {
  const call = new InvokeCommand({ FunctionName: name, Payload: JSON.stringify({ Records }) });
  while ((await client.send(call, { abortSignal: signal })).FunctionError !== undefined)
    await delay(AGAIN_MS, undefined, { signal });
}

async function streamArnOf(endpoint: string, TableName: string): Promise<string> {
  const client = new DynamoDBClient({ endpoint, region: "us-east-1", credentials: emulatorCredentials });
  const { Table } = await client.send(new DescribeTableCommand({ TableName }));
  return Table?.LatestStreamArn ?? "";
}

/** Calls DynamoDB's streams, for which the project has no client. */
function streamsOf(endpoint: string, signal: AbortSignal) {
  return async (operation: string, input: object): Promise<unknown> => {
    const headers = {
      authorization,
      "content-type": "application/x-amz-json-1.0",
      "x-amz-target": `DynamoDBStreams_20120810.${operation}`,
    };
    const response = await fetch(endpoint, { method: "POST", headers, body: JSON.stringify(input), signal });
    if (!response.ok) throw new Error(`${operation}: ${response.status} ${await response.text()}`);
    return response.json();
  };
}
