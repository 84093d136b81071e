import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { CloudFormationClient, GetTemplateCommand, TemplateStage } from "@aws-sdk/client-cloudformation";
import { App } from "aws-cdk-lib";
import { Command, InvalidArgumentError } from "commander";
import * as z from "zod";
import { environmentNamed } from "../lib/config.ts";
import { dataOf, type Template, templateSchema, threatsTo } from "../lib/data-guard.ts";
import type { EnvironmentName } from "../lib/environment-schema.ts";
import { ImageServiceStack } from "../lib/image-service-stack.ts";
import { stackName } from "../lib/stack-name.ts";
import { changesBetween } from "../lib/template-changes.ts";
import { speakingToAws } from "./client/aws-faults.ts";
import { findStack, hasNeverStood } from "./client/deployed-stack.ts";
import { takenSecrets } from "./client/taken-names.ts";
import { parseCommand, runCommand } from "./command.ts";
import { environmentName } from "./environment-option.ts";
import { exitCode, Failure } from "./failure.ts";

interface Options {
  readonly env: EnvironmentName;
  readonly waive: Readonly<Record<string, string>>;
  readonly committed?: true;
  readonly accept?: true;
}

const program = new Command("npm run diff --")
  .description(
    "Lists what a deployment changes, and refuses one that would replace, remove or keep for less time what holds data.",
  )
  .requiredOption("--env <name>", "environment", environmentName)
  .option("--waive <LogicalId:reason>", "lets it happen to one resource; repeat for others", waiver, {})
  .option("--committed", "compares with the last accepted state in test/stack/data, without AWS")
  .option("--accept", "writes that state down, when nothing is refused")
  .action(async ({ env, waive, committed, accept }: Options) => {
    const file = fileURLToPath(new URL(`../test/stack/data/${env}.json`, import.meta.url));
    const before = committed === true ? acceptedIn(file) : await deployed(env);
    const after = synthesised(env);
    if (before === null) await refuseTaken(env, after, committed === true);
    else {
      if (committed !== true) sayChanges(before, after);
      refuseThreats(before, after, waive);
    }
    if (accept === true) writeFileSync(file, `${JSON.stringify(dataOf(after), null, 2)}\n`);
  });

function sayChanges(before: Template, after: Template): void {
  const changes = changesBetween(before, after);
  console.log(changes.length === 0 ? "No resource changes, but for code." : changes.join("\n"));
}

/** A first deployment has nothing to lose. What an earlier one of the same name has left behind stands in its way. */
async function refuseTaken(env: EnvironmentName, after: Template, isOffline: boolean): Promise<void> {
  const [taken] = isOffline ? [] : await speakingToAws(() => takenSecrets(after));
  if (taken !== undefined)
    throw new Failure(
      `The name ${taken} is taken by a secret that an earlier ${stackName(env)} has left: ` +
        `aws secretsmanager delete-secret --force-delete-without-recovery --secret-id ${taken} frees it, with the key in it.`,
    );
  console.log(`${stackName(env)} is not there yet: nothing can be lost.`);
}

function refuseThreats(before: Template, after: Template, waivers: Options["waive"]): void {
  const threats = threatsTo(before, after);
  for (const id of Object.keys(waivers))
    if (!threats.some(({ logicalId }) => logicalId === id))
      throw new Failure(`Nothing happens to ${id}: leave its --waive out.`, { exitCode: exitCode.wrongUse });
  for (const { logicalId, what } of threats)
    if (logicalId in waivers) console.log(`${logicalId} ${what}. Waived: ${waivers[logicalId]}`);
  const refused = threats.filter(({ logicalId }) => !(logicalId in waivers));
  if (refused.length > 0)
    throw new Failure(
      [
        "Data would be lost; do not deploy this:",
        ...refused.map(({ logicalId, what }) => `  ${logicalId} ${what}`),
        "If it is meant: --waive LogicalId:reason for each.",
      ].join("\n"),
    );
  console.log("Nothing that holds data is replaced, removed or kept for less time.");
}

/** The template as `cdk deploy` would have it, but for the code of the functions. */
function synthesised(env: EnvironmentName): Template {
  const settings = readFileSync(new URL("../cdk.json", import.meta.url), "utf8");
  const { context } = z.object({ context: z.record(z.string(), z.unknown()) }).parse(JSON.parse(settings));
  const app = new App({ context: { ...context, "aws:cdk:bundling-stacks": [] } });
  const { artifactId } = new ImageServiceStack(app, environmentNamed(env));
  return templateSchema.parse(app.synth().getStackArtifact(artifactId).template);
}

async function deployed(env: EnvironmentName): Promise<Template | null> {
  const stack = await findStack(env);
  if (stack === null || hasNeverStood(stack.status)) return null;
  const wanted = { StackName: stackName(env), TemplateStage: TemplateStage.Original };
  const { TemplateBody = "" } = await speakingToAws(() =>
    new CloudFormationClient({}).send(new GetTemplateCommand(wanted)),
  );
  return templateSchema.parse(JSON.parse(TemplateBody));
}

function acceptedIn(file: string): Template | null {
  return existsSync(file) ? templateSchema.parse(JSON.parse(readFileSync(file, "utf8"))) : null;
}

function waiver(text: string, before: Options["waive"]): Options["waive"] {
  const [, id, reason] = /^(\w+):\s*(\S.+)$/.exec(text) ?? [];
  if (id === undefined || reason === undefined)
    throw new InvalidArgumentError("It is a logical id, a colon and the reason.");
  return { ...before, [id]: reason };
}

await runCommand(() => parseCommand(program, process.argv));
