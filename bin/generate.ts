import { randomUUID } from "node:crypto";
import { existsSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, relative, resolve } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import { EXTENSIONS } from "../lambdas/images/image-type.ts";
import { parseCancelAfter } from "../lambdas/platform/duration.ts";
import type { EnvironmentName } from "../lib/environment-schema.ts";
import { generateBatch } from "./batch/command.ts";
import { connectToApi } from "./client/connection.ts";
import { speakingToApi } from "./client/speaking-to-api.ts";
import { waitingWords } from "./client/waiting-words.ts";
import { interruption, parseCommand, runCommand } from "./command.ts";
import { environmentOption } from "./environment-option.ts";
import { exitCode, Failure, Interrupted } from "./failure.ts";
import { terminalProgress } from "./progress.ts";
import { type CreateGeneration, type Generation, ImageService } from "./sdk/client.ts";

interface Options {
  readonly env: EnvironmentName;
  readonly out?: string;
  readonly model?: CreateGeneration["model"];
  readonly size?: string;
  readonly negativePrompt?: string;
  readonly seed?: number;
  readonly promptExtend: boolean;
  readonly watermark?: true;
  readonly idempotencyKey?: string;
  readonly timeout?: number;
  readonly id?: string;
  readonly batch?: string;
}

/** After the deadline the service says `expired` by itself; a picture in work is waited for a little longer. */
const AFTER_DEADLINE_SECONDS = 30;

const program = new Command("npm run generate --")
  .description("Paints one picture, or all that a file lists, and saves them.")
  .argument("[prompt]", "what to paint")
  .option("--model <model>", "one of GET /v1/models (default: the first)")
  .option("--size <size>", "width*height, such as 928*1664 (default: the model's)")
  .option(
    "--out <file>",
    "where to save it (default: the generation's id and kind, such as .png); a folder for --batch",
  )
  .addOption(environmentOption())
  .option("--negative-prompt <text>", "what not to paint")
  .option("--seed <number>", "0 to 2147483647: the same seed paints alike", wholeNumber)
  .option("--no-prompt-extend", "paint the prompt as it is, without the model's own additions")
  .option("--watermark", "with the provider's mark in the corner")
  .option("--idempotency-key <key>", "the same key and prompt find the picture again instead of painting it")
  .option(
    "--timeout <duration>",
    "give up when it has not begun after 30s, 5m, 1h30m (default: 24 h)",
    duration,
  )
  .option("--id <generation>", "save a picture asked for earlier, instead of painting one")
  .option(
    "--batch <file>",
    "paint every line of a file: JSON lines, OpenAI's Batch lines or CSV; run again, it goes on and pays nothing twice",
  )
  .addHelpText(
    "after",
    "\nEnds with 0 when the picture is saved, 1 when there is none, 2 for wrong use, 3 when the service cannot be\n" +
      "reached or refuses the key. Environments other than local take the key from IMAGE_SERVICE_API_KEY.",
  )
  .action(generate);

async function generate(prompt: string | undefined, options: Options): Promise<void> {
  if (options.batch !== undefined) return generateMany(options.batch, prompt, options);
  if ((prompt === undefined) === (options.id === undefined))
    throw new Failure('Say what to paint, as in npm run generate -- "a red fox", or which picture by --id.', {
      exitCode: exitCode.wrongUse,
    });
  const target = options.out === undefined ? undefined : resolve(callersDirectory(), options.out);
  if (target !== undefined) refuseUnlessWritable(target);
  const api = await connectToApi(options.env, process.env);

  const interrupted = interruption();
  const patience =
    options.timeout === undefined ? undefined : (options.timeout + AFTER_DEADLINE_SECONDS) * 1000;
  const signal =
    patience === undefined ? interrupted : AbortSignal.any([interrupted, AbortSignal.timeout(patience)]);
  const service = new ImageService(api);
  const intent = options.idempotencyKey ?? randomUUID();
  const progress = terminalProgress(process.stderr);
  const env = options.env === "local" ? "" : ` --env ${options.env}`;
  let id = options.id;
  try {
    await speakingToApi(api, async () => {
      const title = id === undefined ? "Painting" : "Waiting";
      const generation = await progress.step(title, async (detail) => {
        const cancelAfter = options.timeout === undefined ? {} : { cancelAfter: `${options.timeout}s` };
        id ??= (await service.create(requestOf(prompt ?? "", options), { intent, ...cancelAfter, signal }))
          .generation.id;
        return service.wait(id, { onChange: (state) => detail(statusOf(state)), signal });
      });
      for (const warning of generation.warnings) progress.note(`Note: ${warning}`);
      if (generation.image === null) throw new Failure(endOf(generation));
      const bytes = await progress.step("Fetching it", () => service.download(generation.id, { signal }));
      const extension = EXTENSIONS[generation.image.content_type];
      const path = target ?? resolve(callersDirectory(), `${generation.id}.${extension}`);
      if (existsSync(path))
        progress.note("It replaces the file of this name; what the service painted before, it still has.");
      save(path, bytes);
      console.log(path);
      const { width, height } = generation.image;
      const { cost, currency } = generation.usage;
      console.error(
        `${width} × ${height}, ${(bytes.length / 1e6).toFixed(1)} MB, ${cost} ${currency}, ${generation.id}`,
      );
    });
  } catch (error) {
    if (!signal.aborted) throw error;
    const out = target === undefined ? "" : ` --out ${quoted(relative(callersDirectory(), target))}`;
    const later =
      id === undefined
        ? `It may have been accepted: the same command with --idempotency-key ${intent} finds out, and paints at most once.`
        : `It goes on without us. To get it later: npm run generate -- --id ${id}${out}${env}`;
    if (interrupted.aborted) throw new Interrupted(later);
    throw new Failure(`There is no picture yet after ${(patience ?? 0) / 1000} s. ${later}`);
  }
}

/** What the command line says of one picture is in the file for each of them. */
const OF_ONE = [
  "model",
  "size",
  "negativePrompt",
  "seed",
  "watermark",
  "idempotencyKey",
  "timeout",
  "id",
] as const;

async function generateMany(batch: string, prompt: string | undefined, options: Options): Promise<void> {
  const tooMuch = prompt !== undefined || !options.promptExtend || OF_ONE.some((name) => name in options);
  if (tooMuch || options.out === undefined)
    throw new Failure(
      "A batch takes a file and a folder alone, as in npm run generate -- --batch prompts.csv --out pictures/: all else is in the file.",
      { exitCode: exitCode.wrongUse },
    );
  const api = await connectToApi(options.env, process.env);
  const signal = interruption();
  const job = {
    file: resolve(callersDirectory(), batch),
    folder: resolve(callersDirectory(), options.out),
    environment: options.env,
    service: new ImageService(api),
    progress: terminalProgress(process.stderr),
    signal,
  };
  try {
    await speakingToApi(api, () => generateBatch(job));
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new Interrupted(
      "It goes on without us. The same command comes back to it, and pays nothing twice.",
    );
  }
}

function requestOf(prompt: string, options: Options): CreateGeneration {
  const { model, size, negativePrompt, seed, promptExtend, watermark } = options;
  return {
    prompt,
    ...(model !== undefined && { model }),
    ...(size !== undefined && { size }),
    ...(negativePrompt !== undefined && { negative_prompt: negativePrompt }),
    ...(seed !== undefined && { seed }),
    ...(!promptExtend && { prompt_extend: false }),
    ...(watermark !== undefined && { watermark }),
  };
}

function statusOf({ waiting, status }: Generation): string {
  return waiting === null ? status : waitingWords(waiting, Date.now());
}

function endOf({ id, status, error, usage, completed_at }: Generation): string {
  if (status === "succeeded") return `${id}: the picture was removed.`;
  const billed = { yes: "It was billed.", no: "It was not billed.", unknown: "It may have been billed." }[
    usage.billed
  ];
  const reason = error === null ? `${status} at ${completed_at}` : `${error.code}: ${error.message}`;
  const said = error?.provider?.message ?? null;
  const provider = said === null ? "" : `\n  The provider said: ${error?.provider?.code}: ${said}`;
  return `${reason}${provider}\n  ${billed} (${id})`;
}

/** `npm run` changes to the project's folder; files are named from where the caller is. */
function callersDirectory(): string {
  const { npm_lifecycle_event: script, INIT_CWD: directory } = process.env;
  return script === "generate" && directory !== undefined ? directory : process.cwd();
}

/** Before anything is paid for. */
function refuseUnlessWritable(path: string): void {
  const folder = statSync(dirname(path), { throwIfNoEntry: false });
  const file = statSync(path, { throwIfNoEntry: false });
  const wrong =
    folder?.isDirectory() !== true
      ? `There is no folder ${dirname(path)}.`
      : file?.isDirectory() === true
        ? `${path} is a folder: name a file in it.`
        : undefined;
  if (wrong !== undefined) throw new Failure(wrong, { exitCode: exitCode.wrongUse });
}

/** In one go: an older file stays as it is until the new one is complete. */
function save(path: string, bytes: Uint8Array): void {
  const draft = `${path}.part`;
  try {
    writeFileSync(draft, bytes);
    renameSync(draft, path);
  } finally {
    rmSync(draft, { force: true });
  }
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || text.trim() === "") throw new InvalidArgumentError("It is a whole number.");
  return value;
}

function duration(text: string): number {
  try {
    return parseCancelAfter(text);
  } catch {
    throw new InvalidArgumentError("It is a duration such as 30s, 5m or 1h30m, from 5s to 168h.");
  }
}

function quoted(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}

await runCommand(() => parseCommand(program, process.argv));
