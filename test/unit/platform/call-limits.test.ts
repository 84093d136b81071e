import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { DynamoDBClient, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { expect, test } from "vitest";
import { callLimits } from "../../../lambdas/platform/call-limits.ts";

const silences: [string, (response: ServerResponse) => void][] = [
  ["before its first byte", () => {}],
  [
    "after its head",
    (response) => {
      response.writeHead(200, { "content-type": "application/x-amz-json-1.0", "content-length": "2" });
      response.flushHeaders();
    },
  ],
];

test.each(silences)("a call to AWS whose answer falls silent %s has an end", async (_, fallSilent) => {
  const server = createServer((request, response) => {
    request.resume();
    fallSilent(response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const client = new DynamoDBClient({
    ...callLimits(0.2),
    region: "eu-west-1",
    endpoint: `http://127.0.0.1:${port}`,
    credentials: { accessKeyId: "a", secretAccessKey: "b" },
  });
  try {
    const command = new PutItemCommand({ TableName: "table", Item: { pk: { S: "x" } } });
    await expect(client.send(command)).rejects.toMatchObject({ name: "TimeoutError" });
  } finally {
    client.destroy();
    server.closeAllConnections();
    server.close();
  }
});
