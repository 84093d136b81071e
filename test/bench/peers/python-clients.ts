import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { installPackages } from "../../../bin/local/installation.ts";
import { freePort } from "../../../bin/local/ports.ts";
import { localDirectory } from "../../../bin/local/surroundings.ts";
import { progress } from "../cloud.ts";

/** What became of one request, as its caller sees it. */
export interface Answer {
  readonly prompt: string;
  readonly error: string | null;
  readonly seconds: number;
}

export type Ask = (prompts: readonly string[]) => Promise<readonly Answer[]>;

const file = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const run = promisify(execFile);
const START_SECONDS = 120;

/** Installs the clients in an environment of their own, and starts LiteLLM's proxy. */
export async function startClients(provider: string): Promise<{ ask: Record<string, Ask>; stop(): void }> {
  progress("peers: installing them");
  const directory = join(localDirectory, "peers");
  const { python, packages } = await installPackages(
    { name: "peers", title: "The peers", requirements: file("requirements.txt") },
    {
      directory,
      variables: process.env,
      log: join(localDirectory, "peers.log"),
      signal: new AbortController().signal,
    },
  );
  const env = {
    ...process.env,
    ...(packages !== null && { PYTHONPATH: packages }),
    LITELLM_LOCAL_MODEL_COST_MAP: "True",
  };
  const home = mkdtempSync(join(tmpdir(), "image-service-peers-"));
  writeFileSync(
    join(home, "proxy.yaml"),
    JSON.stringify({
      model_list: [
        {
          model_name: "qwen-image-max",
          litellm_params: {
            model: "dashscope/qwen-image-max",
            // Of a host that is not DashScope's, LiteLLM takes it for the whole address.
            api_base: `${provider}/api/v1/services/aigc/multimodal-generation/generation`,
            api_key: "sk-bench",
          },
          model_info: { mode: "image_generation" },
        },
      ],
    }),
  );
  const port = await freePort();
  progress("peers: starting LiteLLM's proxy");
  const proxy = spawn(
    python,
    [
      "-c",
      "from litellm import run_server; run_server()",
      "--config",
      join(home, "proxy.yaml"),
      "--host",
      "127.0.0.1",
      "--port",
      String(port),
    ],
    { cwd: home, env, stdio: "ignore" },
  );
  const url = `http://127.0.0.1:${port}`;
  const isUp = await untilUp(`${url}/health/liveliness`);
  const ask =
    (contestant: string): Ask =>
    async (prompts) => {
      const { stdout } = await run(python, [file("clients.py"), contestant, provider, url, ...prompts], {
        env,
        maxBuffer: 10_000_000,
      });
      return stdout
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as Answer);
    };
  return {
    ask: {
      "naive POST and GET": ask("naive"),
      "the same with tenacity, 3 tries": ask("tenacity"),
      "DashScope's SDK": ask("dashscope"),
      ...(isUp && { "LiteLLM's proxy, OpenAI's client": ask("litellm") }),
    },
    stop() {
      proxy.kill("SIGKILL");
      void once(proxy, "exit").then(() => rmSync(home, { recursive: true, force: true }));
    },
  };
}

async function untilUp(url: string): Promise<boolean> {
  for (let second = 0; second < START_SECONDS; second++) {
    const isUp = await fetch(url).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isUp) return true;
    await sleep(1000);
  }
  return false;
}
