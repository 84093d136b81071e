import { createInterface } from "node:readline/promises";
import { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import { Command } from "commander";
import { amountOf, millionthsOf } from "../lambdas/platform/money.ts";
import { offerOf, priceIn } from "../lambdas/providers/registry.ts";
import { environmentNamed } from "../lib/config.ts";
import type { EnvironmentName } from "../lib/environment-schema.ts";
import { alarmsResult } from "./canary/alarms.ts";
import { doorsOf } from "./canary/doors.ts";
import { type Flight, fly } from "./canary/flight.ts";
import { placeOf } from "./canary/place.ts";
import { alarmsOf } from "./client/alarms.ts";
import { speakingToAws } from "./client/aws-faults.ts";
import { interruption, parseCommand, runCommand } from "./command.ts";
import { environmentOption } from "./environment-option.ts";
import { exitCode, Failure } from "./failure.ts";
import { terminalProgress } from "./progress.ts";

interface Options {
  readonly env: EnvironmentName;
  readonly yes?: true;
}

const program = new Command("npm run canary --")
  .description("Paints one picture through each door of the service, and checks all that should follow.")
  .addOption(environmentOption())
  .option("--yes", "do not ask before it spends, as in CI")
  .addHelpText(
    "after",
    "\nIt puts a rule and a queue of its own beside the stack's event bus, and takes both away again.\n" +
      "Ends with 0 when all is proved, 1 when something is not, 3 when the service cannot be reached.\n" +
      "Environments other than local take the key from IMAGE_SERVICE_API_KEY.",
  )
  .action((options: Options) => speakingToAws(() => canary(options)));

async function canary({ env, yes }: Options): Promise<void> {
  if (yes !== true && !process.stdin.isTTY)
    throw new Failure(`It spends up to ${priceOf(env, 3)}: say --yes where nobody can be asked.`, {
      exitCode: exitCode.wrongUse,
    });
  const place = await placeOf(env);
  const doors = doorsOf(place).map(({ name }) => name);
  if (yes !== true)
    await ask(`${doors.length} pictures (${doors.join(", ")}) in ${env}, ${priceOf(env, doors.length)}.`);
  const flight = await fly(place, terminalProgress(process.stderr), interruption());
  const results = [
    ...flight.results,
    ...(env === "local" ? [] : [alarmsResult(await alarmsOf(new CloudWatchClient({}), env))]),
  ];
  for (const { name, ok, says } of results) console.log(`${ok ? "✔" : "✖"} ${name}: ${says}`);
  console.log(bill(flight));
  const failed = results.filter(({ ok }) => !ok).length;
  if (failed > 0)
    throw new Failure(
      `${failed} of ${results.length} are not proved: npm run doctor -- --env ${env} says more.`,
    );
}

/** What the pictures will cost at the most. */
function priceOf(env: EnvironmentName, pictures: number): string {
  const offer = offerOf(environmentNamed(env, env === "local" ? process.env : {}).provider);
  const [model] = offer.models;
  const price = priceIn(offer, model.id, model.size.default);
  return price === null ? "free" : `${amountOf(pictures * millionthsOf(price.amount))} ${price.currency}`;
}

function bill({ paid, unproved }: Flight): string {
  const total = paid.reduce((sum, { cost }) => sum + millionthsOf(cost), 0);
  const sum = `${amountOf(total)} ${paid[0]?.currency ?? ""}`.trim();
  const more = unproved === 0 ? "" : `; up to ${unproved} more may be billed, their records say`;
  return `Paid for ${paid.length} pictures: ${sum}${more}.`;
}

async function ask(what: string): Promise<void> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await terminal.question(`${what} Go on? [y/N] `);
  terminal.close();
  if (!/^y(es)?$/i.test(answer.trim()))
    throw new Failure("Nothing was painted.", { exitCode: exitCode.wrongUse });
}

await runCommand(() => parseCommand(program, process.argv));
