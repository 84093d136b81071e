import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bundled } from "../stack/bundled.ts";
import { functionsOf, synthesised } from "../stack/synthesised.ts";
import { progress } from "./cloud.ts";
import { median, ms, type Row } from "./row.ts";

const RUNS = 15;
const FUNCTIONS = ["authorizer", "relay", "reconciler", "task", "expander", "worker", "api"];

/** What the runtime does at a start, and no more: loads the handler, and asks for the first event. */
const RUNTIME = `
const { handler } = await import(process.argv[2]);
if (typeof handler !== "function") throw new Error("no handler");
const require = (await import("node:module")).createRequire(import.meta.url);
require("node:http").get(process.argv[3]);
`;

/** From the start of a process to its first poll, over a handler that does nothing. */
export async function benchStart(): Promise<Row[]> {
  const directory = mkdtempSync(join(tmpdir(), "image-service-start-"));
  const server = createServer((_, response) => response.end()).listen(0, "127.0.0.1");
  try {
    await once(server, "listening");
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const runtime = join(directory, "runtime.mjs");
    writeFileSync(runtime, RUNTIME);
    const start = async (file: string, variables: NodeJS.ProcessEnv) => {
      const polled = once(server, "request");
      const began = performance.now();
      const child = spawn(process.execPath, [runtime, file, url], {
        env: variables,
        stdio: ["ignore", "ignore", "inherit"],
      });
      const gone = once(child, "exit");
      await Promise.race([polled, gone.then(() => Promise.reject(new Error(`${file} did not start`)))]);
      const took = performance.now() - began;
      await gone;
      return took;
    };
    const entries = [{ name: "empty", bytes: 0, file: join(directory, "empty.mjs") }];
    writeFileSync(entries[0]!.file, "export const handler = () => {};");
    for (const name of FUNCTIONS) {
      const { bytes, files } = await bundled(name);
      const folder = join(directory, name);
      mkdirSync(folder);
      for (const { name, contents } of files) writeFileSync(join(folder, name), contents);
      entries.push({ name, bytes, file: join(folder, "index.mjs") });
    }
    const times = new Map<string, number[]>(entries.map(({ name }) => [name, []]));
    for (let run = 0; run < RUNS; run++)
      for (const { name, file } of entries) {
        progress(`start: ${name}, ${run + 1} of ${RUNS}`);
        times.get(name)?.push(await start(file, variablesOf(name)));
      }
    const empty = median(times.get("empty") ?? []);
    return entries.slice(1).map(({ name, bytes }) => ({
      what: `start of ${name}, over an empty handler`,
      measured: `+${ms(median(times.get(name) ?? []) - empty)}, ${(bytes / 1000).toFixed(0)} KB`,
      beside: `an empty handler: ${ms(empty)}`,
      goal: name === "authorizer" ? "+70 ms, 250 KB" : "+110 ms, 500 KB",
    }));
  } finally {
    server.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** The variables that prod gives a function, with a name for what only AWS knows. */
function variablesOf(name: string): NodeJS.ProcessEnv {
  const variables: Record<string, unknown> =
    functionsOf(synthesised("prod"))[name]?.["Environment"]?.Variables ?? {};
  return {
    ...Object.fromEntries(
      Object.entries(variables).map(([key, value]) => [
        key,
        typeof value === "string" ? value : `bench-${key}`,
      ]),
    ),
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: "bench",
    AWS_SECRET_ACCESS_KEY: "bench",
    AWS_LAMBDA_FUNCTION_NAME: name,
  };
}
