import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "../../../bin/local/ports.ts";
import { startProcess, stopService } from "../../../bin/local/processes.ts";
import { dynamoDbLocal, home } from "../installations.ts";

/** Amazon's DynamoDB Local, running. */
export interface DynamoDbLocal {
  readonly endpoint: string;
  readonly stop: () => Promise<void>;
}

/** Starts Amazon's DynamoDB Local, in memory. */
export async function startDynamoDbLocal(): Promise<DynamoDbLocal> {
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
  return { endpoint, stop: () => stopService(service) };
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
