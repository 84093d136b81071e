import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { startLocalCloud } from "../../../bin/local/cloud.ts";
import { freePort } from "../../../bin/local/ports.ts";
import { startSimulator } from "../../support/dashscope-simulator/server.ts";

/** The deployed service on a local emulator, for other makers' clients. */
export async function startService() {
  const directory = mkdtempSync(join(tmpdir(), "image-service-sdks-"));
  const simulator = await startSimulator({ latencyMs: 100, requestsPerMinute: 100_000, pictures: "plain" });
  const cloud = await startLocalCloud({
    directory,
    port: await freePort(),
    environment: {
      ...process.env,
      AWS_ENDPOINT_URL: undefined,
      DASHSCOPE_API_KEY: "sk-test",
      DASHSCOPE_BASE_URL: simulator.baseUrl,
      DASHSCOPE_IMAGE_HOSTS: simulator.imageHost,
      PROVIDER_REQUESTS_PER_MINUTE: "1200",
      WORKER_CONCURRENCY: "4",
    },
    paintFirstPicture: false,
  });
  return {
    stack: cloud.stack,
    simulator,
    async stop() {
      await cloud.stop();
      await simulator.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

export type Service = Awaited<ReturnType<typeof startService>>;

/** Where a client's script is, and how it is run. */
interface Script {
  readonly command: string;
  readonly arguments: readonly string[];
  /** Where Python finds its packages, where the interpreter has them not. */
  readonly packages?: string | null;
}

const run = promisify(execFile);

/** A script beside this file. */
export function scriptNamed(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}

/** Runs a client as its user does, with nothing of this shell but its paths. Answers what it reports, and its prompt. */
export async function reportOf(script: Script, { stack }: Service) {
  const prompt = `a quiet harbour ${randomUUID()}`;
  const { PATH, HOME, LANG } = process.env;
  const env = {
    PATH: `${dirname(process.execPath)}:${PATH}`,
    HOME,
    LANG,
    PYTHONDONTWRITEBYTECODE: "1",
    ...(script.packages != null && { PYTHONPATH: script.packages }),
    API_URL: stack.api_url,
    API_KEY: stack.api_key,
    PROMPT: prompt,
  };
  const { stdout } = await run(script.command, script.arguments, { env, timeout: 170_000 });
  const last = stdout.trim().split("\n").at(-1) ?? "";
  return { report: JSON.parse(last), prompt };
}
