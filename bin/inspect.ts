import { Command, Option } from "commander";
import type { Generation } from "../lambdas/generations/record.ts";
import { createGenerationStore } from "../lambdas/generations/table.ts";
import { waitingOf } from "../lambdas/generations/waiting-view.ts";
import { createPacer } from "../lambdas/pacing/limiter.ts";
import { paceOf } from "../lambdas/pacing/pace.ts";
import { sleep } from "../lambdas/platform/clock.ts";
import type { EnvironmentName } from "../lib/environment-schema.ts";
import { speakingToAws } from "./client/aws-faults.ts";
import { inspectionOf } from "./client/inspection.ts";
import { acceptRefused, endRefused } from "./client/refused-picture.ts";
import { connectToStore, type StoreConnection } from "./client/store-connection.ts";
import { parseCommand, runCommand } from "./command.ts";
import { environmentOption } from "./environment-option.ts";
import { Failure } from "./failure.ts";

interface Options {
  readonly env: EnvironmentName;
  readonly accept?: true;
  readonly end?: true;
}

const program = new Command("npm run inspect --")
  .description("One generation: its state, what it waits for, its history, its cost.")
  .argument("<id>", "gen_…")
  .addOption(environmentOption())
  .addOption(new Option("--accept", "make the refused file its picture").conflicts("end"))
  .option("--end", "give the refused picture up: it ends image_unavailable, billed")
  .addHelpText("after", "\nReads the table with the shell's AWS credentials, whoever owns the generation.")
  .action((id: string, options: Options) => speakingToAws(() => inspect(id, options)));

async function inspect(id: string, { env, accept, end }: Options): Promise<void> {
  const connection = await connectToStore(env);
  const { documents, table, retentionDays, bucket, objects } = connection;
  const generations = createGenerationStore(documents, table, retentionDays);
  const generation = await generations.get(id);
  if (generation === null) throw new Failure(`There is no generation ${id} in ${env}.`);
  const decide = accept === true ? acceptRefused : end === true ? endRefused : null;
  const needs = { generations, objects, bucket, now: Date.now };
  const shown = decide === null ? generation : await decide(generation, needs);
  const waiting = waitingOf(shown, { estimatedStartAt: null, paused: await pauseOf(shown, connection) });
  console.log(inspectionOf(shown, waiting, Date.now()));
}

/** Why nobody asks the provider at present, where that is so. */
async function pauseOf({ state, region, model }: Generation, { documents: client, table }: StoreConnection) {
  if (state !== "queued") return null;
  const pacer = createPacer({ client, table, region, model, pace: paceOf(1, 1), now: Date.now, sleep });
  const { paused } = await pacer.status();
  return paused === null ? null : paused === "outage" ? "outage" : "operator";
}

await runCommand(() => parseCommand(program, process.argv));
