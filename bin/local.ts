import { relative } from "node:path";
import { parseArgs, styleText } from "node:util";
import { interrupted, interruption, runCommand } from "./command.ts";
import { exitCode, Failure, Interrupted, messageOf } from "./failure.ts";
import { type LocalCloud, startLocalCloud } from "./local/cloud.ts";
import type { Picture } from "./local/first-picture.ts";
import { stackFilePath } from "./local/stack-file.ts";
import { localDirectory } from "./local/surroundings.ts";
import { finishCalls } from "./local/under-way.ts";
import { terminalProgress } from "./progress.ts";

const bold = (text: string) => styleText("bold", text);
const cyan = (text: string) => styleText("cyan", text);
const dim = (text: string) => styleText("dim", text);

const usage = `npm start [-- --detach]

The whole service on this machine, without an AWS account, Docker or a provider key.

  -d, --detach   leave it running in the background; npm stop ends it
  -h, --help     this text

What it made is kept for the next start: npm stop -- --forget drops it.

Variables: DASHSCOPE_API_KEY (without it a simulator paints), DASHSCOPE_REGION (sg, bj), DASHSCOPE_BASE_URL,
DASHSCOPE_IMAGE_HOSTS, PROVIDER_REQUESTS_PER_MINUTE (120), LOCAL_PORT (4566), LOCAL_DIRECTORY (.local), AWS_ENDPOINT_URL
(an emulator that runs already), AWS_REGION (us-east-1).`;

await runCommand(async () => {
  const { detach, help } = flags();
  if (help === true) return void console.log(usage);
  if (process.platform === "win32") throw new Failure("Windows is served by WSL: run npm start there.");
  const signal = interruption();
  // `npm stop` has waited for calls under way, or was told not to.
  let isTold = false;
  process.once("SIGTERM", () => {
    isTold = true;
  });
  const progress = terminalProgress(process.stdout);
  const start = performance.now();
  const cloud = await startLocalCloud({
    directory: localDirectory,
    environment: process.env,
    progress,
    keepsState: true,
    signal,
  }).catch((error: unknown) => {
    throw error instanceof Interrupted ? new Interrupted("Stopped; nothing is left running.") : error;
  });
  console.log(summary(cloud, (performance.now() - start) / 1000, detach === true));
  if (detach === true) return cloud.leave();

  const broken = await Promise.race([cloud.broken, interrupted(signal)]);
  if (broken === undefined) process.stdout.write("\n");
  if (broken === undefined && !isTold) {
    await progress.step("Letting calls under way end (Ctrl-C again stops now)", (detail) =>
      finishCalls(cloud.stack, detail, interruption()),
    );
  }
  await progress.step("Stopping", () => cloud.stop());
  if (broken !== undefined)
    throw new Failure(`${broken.message}\n  The rest was stopped: npm start begins anew.`);
});

function flags(): { detach?: boolean; help?: boolean } {
  try {
    const options = {
      detach: { type: "boolean", short: "d" },
      help: { type: "boolean", short: "h" },
    } as const;
    return parseArgs({ options }).values;
  } catch (error) {
    throw new Failure(`${messageOf(error)}\n\n${usage}`, { exitCode: exitCode.wrongUse, cause: error });
  }
}

function summary({ stack, picture, provider, logs }: LocalCloud, seconds: number, detached: boolean): string {
  const here = (path: string) => relative(process.cwd(), path);
  const painter = {
    simulator: `the built-in simulator ${dim("(set DASHSCOPE_API_KEY for the real one)")}`,
    dashscope: "DashScope itself: pictures cost money",
    other: stack.provider_base_url,
  }[provider];
  const rows = [
    ["API", cyan(stack.api_url)],
    ["Console", cyan(`${stack.api_url}/console`)],
    ["Key", stack.api_key],
    ...(picture === undefined ? [] : [["Picture", `${picture.path} ${dim(pictureWords(picture))}`]]),
    ["Painter", painter],
    ["Details", dim(`${here(stackFilePath(localDirectory))}, ${here(logs)}/`)],
  ];
  const curl =
    `curl -s ${stack.api_url}/generations -H 'Authorization: Bearer ${stack.api_key}' ` +
    `-H 'Content-Type: application/json' -d '{"prompt": "a red fox in the snow"}'`;
  return [
    "",
    bold(`Ready in ${seconds.toFixed(1)} s`),
    "",
    ...rows.map(([name = "", value = ""]) => `  ${dim(name.padEnd(8))} ${value}`),
    "",
    "Paint another:",
    `  ${curl}`,
    `  npm run generate -- "a red fox in the snow" --out fox.png`,
    "",
    detached
      ? "It runs in the background: npm stop ends it."
      : "Ctrl-C stops everything; the next npm start goes on from there.",
  ].join("\n");
}

function pictureWords({ width, height, cost, isKept }: Picture): string {
  return `${width} × ${height}, ${isKept ? "kept from an earlier start, paid then" : cost}`;
}
