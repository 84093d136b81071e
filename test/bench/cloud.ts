import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import ora from "ora";
import { startLocalCloud } from "../../bin/local/cloud.ts";
import { freePort } from "../../bin/local/ports.ts";
import type { StackFile } from "../../bin/local/stack-file.ts";
import { type Simulator, startSimulator } from "../support/dashscope-simulator/server.ts";
import type { Settings } from "../support/dashscope-simulator/settings.ts";
import { type FaultProxy, startFaultProxy } from "../support/fault-proxy/proxy.ts";

/** The deployed service, for a benchmark: with a simulator of its own, and a proxy that counts calls to AWS. */
export interface BenchCloud {
  readonly simulator: Simulator;
  readonly proxy: FaultProxy;
  readonly stack: StackFile;
  /** Creates a generation and does not wait; answers its id. */
  create(prompt: string): Promise<string>;
  /** Its processes run in here. */
  readonly directory: string;
  /** Calls the API. */
  call(path: string, init?: RequestInit): Promise<Response>;
}

const spinner = ora();

/** Says what is being done. */
export function progress(text: string): void {
  if (process.stderr.isTTY) spinner.start(text);
  else process.stderr.write(`${text}\n`);
}

/** Runs a benchmark against a freshly deployed service, and leaves nothing behind. */
export async function withCloud<Result>(
  settings: Partial<Settings>,
  variables: Record<string, string>,
  measure: (cloud: BenchCloud) => Promise<Result>,
): Promise<Result> {
  progress("deploying");
  const directory = mkdtempSync(join(tmpdir(), "image-service-bench-"));
  const port = await freePort();
  const simulator = await startSimulator({ pictures: "plain", ...settings });
  const proxy = await startFaultProxy(() => `http://127.0.0.1:${port}`);
  try {
    const cloud = await startLocalCloud({
      directory,
      port,
      environment: {
        ...process.env,
        AWS_ENDPOINT_URL: undefined,
        DASHSCOPE_API_KEY: "sk-bench",
        DASHSCOPE_BASE_URL: simulator.baseUrl,
        DASHSCOPE_IMAGE_HOSTS: simulator.imageHost,
        OWNER_REQUESTS_PER_MINUTE: "1000000",
        ...variables,
      },
      functionsEndpoint: proxy.url,
      paintFirstPicture: false,
    });
    const { api_url, api_key } = cloud.stack;
    const headers = { authorization: `Bearer ${api_key}`, "content-type": "application/json" };
    const call = (path: string, init: RequestInit = {}) =>
      fetch(api_url + path, {
        ...init,
        headers: { ...headers, ...Object.fromEntries(new Headers(init.headers)) },
      });
    try {
      return await measure({
        simulator,
        proxy,
        stack: cloud.stack,
        directory,
        call,
        async create(prompt) {
          const response = await call("/generations", {
            method: "POST",
            headers: { prefer: "respond-async" },
            body: JSON.stringify({ prompt }),
          });
          const { id } = (await response.json()) as { id?: string };
          if (id === undefined) throw new Error(`create answered ${response.status}`);
          return id;
        },
      });
    } finally {
      spinner.stop();
      await cloud.stop();
    }
  } finally {
    await proxy.close();
    await simulator.close();
    rmSync(directory, { recursive: true, force: true });
  }
}
