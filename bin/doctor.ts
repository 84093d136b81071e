import { Command } from "commander";
import type { EnvironmentName } from "../lib/environment-schema.ts";
import { speakingToAws } from "./client/aws-faults.ts";
import { type Check, type Finding, skipped } from "./client/findings.ts";
import { healthChecks } from "./client/health-checks.ts";
import { parseCommand, runCommand } from "./command.ts";
import { environmentOption } from "./environment-option.ts";
import { Failure } from "./failure.ts";
import { terminalProgress } from "./progress.ts";

const MARKS = { good: "✔", person: "✖", skipped: "–" } as const;

const program = new Command("npm run doctor --")
  .description("Is an environment healthy? Each finding with its next step.")
  .addOption(environmentOption())
  .addHelpText(
    "after",
    "\nEnds with 0 when all is well, 1 when a person must act, 3 when AWS cannot be reached.",
  )
  .action(async ({ env }: { env: EnvironmentName }) => {
    const progress = terminalProgress(process.stderr);
    const checks = await speakingToAws(() => healthChecks(env));
    let people = 0;
    for (const check of checks) {
      const { kind, says, next } = await progress.step(`Checking ${check.name}`, () => run(check));
      console.log(`${MARKS[kind]} ${check.name}: ${says}`);
      if (next !== undefined) console.log(`  next: docs/operations.md#${next}`);
      if (kind === "person") people++;
    }
    if (people > 0) throw new Failure(`${people} of ${checks.length} findings need a person.`);
  });

/** A check that cannot be done says why; what an error carries besides its name may be secret. */
async function run({ run: check }: Check): Promise<Finding> {
  try {
    return await check();
  } catch (error) {
    return skipped(`could not be checked (${error instanceof Error ? error.name : "an error"})`);
  }
}

await runCommand(() => parseCommand(program, process.argv));
