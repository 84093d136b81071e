import { LambdaClient } from "@aws-sdk/client-lambda";
import type { TestProject } from "vitest/node";
import { emulatorCredentials } from "../../../bin/local/surroundings.ts";
import { createApiKeyStore } from "../../../lambdas/api-keys/table.ts";
import { deployForTests, teardown } from "../../local/global-setup.ts";
import { startDynamoDbLocal } from "../dynamodb/server.ts";
import { createTable, localClient } from "../dynamodb/table.ts";
import { followStream } from "./stream.ts";

/**
 * Deploys the stack as the local suite does, with its table in Amazon's DynamoDB Local: the functions and the tests
 * reach it through the fault proxy, and its own stream drives the relay.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const dynamoDb = await startDynamoDbLocal();
  try {
    const { stack, ...cloud } = await deployForTests(dynamoDb.endpoint);
    const client = localClient(dynamoDb.endpoint);
    await createTable(client, stack.table_name);
    const { key } = await createApiKeyStore(client, stack.table_name, Date.now).create("local");
    const relay = followStream(dynamoDb.endpoint, stack.table_name, {
      client: new LambdaClient({
        endpoint: stack.aws_endpoint,
        region: stack.region,
        credentials: emulatorCredentials,
      }),
      name: "image-service-local-relay",
    });
    project.provide("cloud", { ...cloud, stack: { ...stack, api_key: key, aws_endpoint: cloud.proxyUrl } });
    return async () => {
      await relay.stop();
      await teardown();
      await dynamoDb.stop();
    };
  } catch (error) {
    await teardown();
    await dynamoDb.stop();
    throw error;
  }
}
