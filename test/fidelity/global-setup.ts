import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { TestProject } from "vitest/node";
import { freePort } from "../../bin/local/ports.ts";
import { startProcess, stopService } from "../../bin/local/processes.ts";
import { dynamoDbLocal, home } from "./installations.ts";

declare module "vitest" {
  export interface ProvidedContext {
    /** The address of Amazon's DynamoDB Local. */
    dynamoDb: string;
  }
}

/** Starts Amazon's DynamoDB Local, in memory, once for all files. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const port = await freePort();
  const service = startProcess({
    name: "DynamoDB Local",
    command: "java",
    arguments: [
      "-Xmx512m",
      `-Djava.library.path=${dynamoDbLocal}`,
      "-cp",
      join(dynamoDbLocal, "*"),
      "com.amazonaws.services.dynamodbv2.local.main.ServerRunner",
      "-inMemory",
      "-sharedDb",
      "-disableTelemetry",
      "-port",
      String(port),
    ],
    variables: process.env,
    directory: home,
    log: join(home, "dynamodb-local.log"),
  });
  const endpoint = `http://127.0.0.1:${port}`;
  await Promise.race([
    untilItAnswers(endpoint),
    service.gone.then((reason) =>
      Promise.reject(new Error(`DynamoDB Local ended (${reason}): ${service.log}`)),
    ),
  ]);
  project.provide("dynamoDb", endpoint);
  return () => stopService(service);
}

async function untilItAnswers(endpoint: string): Promise<void> {
  for (;;) {
    try {
      await fetch(endpoint, { signal: AbortSignal.timeout(3000) });
      return;
    } catch {
      await sleep(100);
    }
  }
}
