import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient, PutCommand, ScanCommand } from "@aws-sdk/lib-dynamodb";
import { emulatorCredentials } from "../../bin/local/surroundings.ts";
import { limiterStateSchema } from "../../lambdas/pacing/limiter-state.ts";
import { processesOf } from "../support/fault-proxy/client.ts";
import type { BenchCloud } from "./cloud.ts";

const HOUR_MS = 3_600_000;

/** As after an hour without a request: the pacer's times lie an hour back, and no worker is warm. */
export async function idleForAnHour({ stack, proxy }: BenchCloud): Promise<void> {
  const { aws_endpoint: endpoint, region, table_name: TableName } = stack;
  const client = new DynamoDBClient({ endpoint, region, credentials: emulatorCredentials });
  const documents = DynamoDBDocumentClient.from(client);
  const { Items = [] } = await documents.send(
    new ScanCommand({
      TableName,
      FilterExpression: "begins_with(pk, :pacer)",
      ExpressionAttributeValues: { ":pacer": "pacer#" },
    }),
  );
  for (const item of Items) {
    const state = limiterStateSchema.parse(item);
    const back = Object.fromEntries(
      (["arrival", "actual_arrival", "line_ends", "held_until", "probe_at", "throttled_at"] as const).map(
        (time) => [time, Math.max(0, state[time] - HOUR_MS)],
      ),
    );
    await documents.send(
      new PutCommand({ TableName, Item: { ...item, ...back, version: item["version"] + 1 } }),
    );
  }
  client.destroy();
  for (const pid of await processesOf(proxy.url, "worker")) process.kill(pid, "SIGKILL");
}
