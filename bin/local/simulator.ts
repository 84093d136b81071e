import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import * as z from "zod";
import type { Variables } from "../../lib/local-variables.ts";
import { type ServiceProcess, startProcess } from "./processes.ts";
import { plainVariables, projectDirectory } from "./surroundings.ts";

const lineSchema = z.object({ base_url: z.url(), image_host: z.string() });

/** The quota that the simulator has by itself. */
const REQUESTS_PER_MINUTE = 600;

interface SimulatorOptions {
  readonly log: string;
  readonly variables: Variables;
  /** The pace of the service, so that the simulator's quota is no less. */
  readonly requestsPerMinute: number;
}

/** Starts the double of DashScope on free ports. */
export function startProvider({ log, variables, requestsPerMinute }: SimulatorOptions): ServiceProcess {
  const quota = Math.max(REQUESTS_PER_MINUTE, Math.ceil(requestsPerMinute));
  return startProcess({
    name: "the DashScope simulator",
    command: process.execPath,
    arguments: [
      join(projectDirectory, "test", "support", "dashscope-simulator", "main.ts"),
      "--requests-per-minute",
      String(quota),
    ],
    directory: projectDirectory,
    log,
    variables: plainVariables(variables),
  });
}

/** Waits for the line that says where the simulator is. Throws the signal's reason when aborted. */
export async function untilListening(
  { log }: ServiceProcess,
  signal: AbortSignal,
): Promise<{ baseUrl: string; imageHost: string }> {
  for (;;) {
    signal.throwIfAborted();
    const address = addressIn(readFileSync(log, "utf8"));
    if (address !== undefined) return { baseUrl: address.base_url, imageHost: address.image_host };
    await delay(25);
  }
}

function addressIn(output: string): z.infer<typeof lineSchema> | undefined {
  for (const line of output.split("\n").slice(0, -1)) {
    try {
      return lineSchema.parse(JSON.parse(line));
    } catch {
      // Some other line.
    }
  }
  return undefined;
}
