import { Command, InvalidArgumentError, Option } from "commander";
import { type Charge, monthOf } from "../lambdas/budgets/usage.ts";
import { createUsageStore } from "../lambdas/budgets/usage-table.ts";
import { createHeldPrices } from "../lambdas/generations/open-prices.ts";
import type { EnvironmentName } from "../lib/environment-schema.ts";
import { speakingToAws } from "./client/aws-faults.ts";
import {
  type Compared,
  compare,
  countMissing,
  differing,
  type RecordsNeeds,
} from "./client/recorded-usage.ts";
import { connectToStore } from "./client/store-connection.ts";
import { differenceOf, usageOf } from "./client/usage-words.ts";
import { parseCommand, runCommand } from "./command.ts";
import { environmentOption } from "./environment-option.ts";
import { Failure } from "./failure.ts";

interface Options {
  readonly env: EnvironmentName;
  readonly month: string;
  readonly check?: true;
  readonly rebuild?: true;
}

const program = new Command("npm run usage --")
  .description("What was made and spent in a month: pictures, cost, held, by owner and model.")
  .addOption(environmentOption())
  .addOption(
    new Option("--month <month>", "of the generations that were accepted in it, UTC")
      .default(monthOf(Date.now()))
      .argParser(readMonth),
  )
  .addOption(new Option("--check", "compare the counters with the records").conflicts("rebuild"))
  .option("--rebuild", "count what is missing and set right what differs, also while the service runs")
  .addHelpText(
    "after",
    "\nReads the table with the shell's AWS credentials. --check and --rebuild read all of it, and know the records that are still kept.",
  )
  .action((options: Options) => speakingToAws(() => show(options)));

async function show({ env, month, check, rebuild }: Options): Promise<void> {
  const { documents, table, retentionDays } = await connectToStore(env);
  const usage = createUsageStore(documents, table);
  const needs = { documents, table, retentionDays, usage };
  if (rebuild === true) await setRight(month, needs);
  if (check === true) await examine(month, needs);
  const held = await createHeldPrices(documents, table)(month);
  console.log(usageOf(month, await usage.counters(month), held));
}

async function setRight(month: string, needs: RecordsNeeds): Promise<void> {
  const missing = await countMissing(month, needs);
  let corrected = 0;
  for (const { account, recorded, changes } of wrong(await compare(month, needs), month, needs))
    if (changes !== null && (await needs.usage.correct(account, recorded, changes))) corrected++;
  console.error(`Counted ${missing} generations that were missing; set ${corrected} counters right.`);
}

async function examine(month: string, needs: RecordsNeeds): Promise<void> {
  const compared = await compare(month, needs);
  const differences = wrong(compared, month, needs);
  if (differences.length > 0)
    throw new Failure(
      `The counters differ from the records:\n${differenceOf(differences)}\nWhat ended within the last seconds is counted soon; else: npm run usage -- --rebuild`,
    );
  const moving = compared.filter(({ changes }) => changes === null).length;
  console.error(
    `The counters are what the records say${moving === 0 ? "." : `, but for ${moving} that changed meanwhile: try again.`}`,
  );
}

/** What differs; once records of the month may have been removed, a counter may know more than they do. */
function wrong(compared: readonly Compared[], month: string, { retentionDays }: RecordsNeeds): Compared[] {
  const removedFrom = Date.parse(`${month}-01T00:00:00Z`) + retentionDays * 86_400_000;
  const isWhole = Date.now() < removedFrom;
  return differing(compared).filter(({ counted, recorded }) => isWhole || isLess(counted, recorded));
}

function isLess(counted: Charge, recorded: Charge): boolean {
  return counted.images < recorded.images || counted.cost < recorded.cost;
}

function readMonth(text: string): string {
  if (/^\d{4}-(0[1-9]|1[0-2])$/.test(text)) return text;
  throw new InvalidArgumentError("It is a month such as 2026-11.");
}

await runCommand(() => parseCommand(program, process.argv));
