import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LambdaClient } from "@aws-sdk/client-lambda";
import type { TestProject } from "vitest/node";
import { startLocalCloud } from "../../bin/local/cloud.ts";
import { freePort } from "../../bin/local/ports.ts";
import type { StackFile } from "../../bin/local/stack-file.ts";
import { startSimulator } from "../support/dashscope-simulator/server.ts";
import { startFaultProxy } from "../support/fault-proxy/proxy.ts";
import { changeVariables } from "./function-variables.ts";

/** What the tests get: the deployed stack, the provider's double and the proxy that breaks calls to AWS. */
export interface Cloud {
  /** Where the service keeps its files. */
  readonly directory: string;
  readonly stack: StackFile;
  readonly simulatorUrl: string;
  readonly proxyUrl: string;
}

declare module "vitest" {
  export interface ProvidedContext {
    cloud: Cloud;
  }
}

const undo: (() => Promise<void> | void)[] = [];

/** Deploys the stack once for all files. */
export async function setup(project: TestProject): Promise<void> {
  project.provide("cloud", await deployForTests());
}

/**
 * Deploys the real stack to a local emulator. Time-outs follow from the provider's, so with 4 s in place of 298 a
 * crashed worker's message is redelivered after seconds. The functions reach AWS through the fault proxy, which leads
 * to another implementation of DynamoDB where one is named.
 */
export async function deployForTests(dynamoDb?: string): Promise<Cloud> {
  const directory = mkdtempSync(join(tmpdir(), "image-service-test-"));
  undo.push(() => rmSync(directory, { recursive: true, force: true }));
  const port = await freePort();
  const simulator = await startSimulator({ latencyMs: 300, requestsPerMinute: 100_000, pictures: "plain" });
  const emulator = `http://127.0.0.1:${port}`;
  const proxy = await startFaultProxy((operation) =>
    operation.startsWith("DynamoDB.") ? (dynamoDb ?? emulator) : emulator,
  );
  undo.push(
    () => proxy.close(),
    () => simulator.close(),
  );
  const cloud = await startLocalCloud({
    directory,
    port,
    environment: {
      ...process.env,
      AWS_ENDPOINT_URL: undefined,
      DASHSCOPE_API_KEY: "sk-test",
      DASHSCOPE_BASE_URL: simulator.baseUrl,
      DASHSCOPE_IMAGE_HOSTS: simulator.imageHost,
      PROVIDER_REQUESTS_PER_MINUTE: "1200",
      PROVIDER_TIMEOUT_SECONDS: "4",
      WORKER_CONCURRENCY: "10",
      RECONCILER_MINUTES: "1",
    },
    functionsEndpoint: proxy.url,
    paintFirstPicture: false,
  });
  undo.push(() => cloud.stop());
  await leadToProxy(cloud.stack, proxy.url);
  return { directory, stack: cloud.stack, simulatorUrl: simulator.baseUrl, proxyUrl: proxy.url };
}

/** The SDK takes a queue's URL for its endpoint, and would pass the proxy by. */
async function leadToProxy(stack: StackFile, proxyUrl: string): Promise<void> {
  const client = new LambdaClient({
    endpoint: stack.aws_endpoint,
    region: stack.region,
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
  });
  const through = (url: string) => proxyUrl + new URL(url).pathname;
  const variables = {
    QUEUE_URL: through(stack.queue_url),
    DEAD_LETTER_QUEUE_URL: through(stack.dead_letter_queue_url),
  };
  for (const name of ["relay", "worker", "reconciler"])
    await changeVariables(client, `image-service-local-${name}`, variables);
}

/** Ends everything that was started. */
export async function teardown(): Promise<void> {
  for (const step of undo.reverse()) await step();
}
