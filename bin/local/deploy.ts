import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import * as z from "zod";
import type { Variables } from "../../lib/local-variables.ts";
import { stackName } from "../../lib/stack-name.ts";
import { Failure } from "../failure.ts";
import { makePrivate } from "./private-files.ts";
import { ProgramFailed, runProgram } from "./processes.ts";
import { projectDirectory } from "./surroundings.ts";

/** Outputs of the stack, by the names that `lib/` gives them. */
export const outputsSchema = z.object({
  ApiUrl: z.string(),
  TableName: z.string(),
  BucketName: z.string(),
  QueueUrl: z.string(),
  DeadLetterQueueUrl: z.string(),
  SecretArn: z.string(),
  TaskFunctionName: z.string(),
  WorkerFunctionName: z.string(),
  StateMachineArns: z.string(),
  EventBusName: z.string(),
  ProviderBaseUrl: z.string(),
  Region: z.string(),
});

export type Outputs = z.infer<typeof outputsSchema>;

interface CdkOptions {
  /** Where the cloud assembly, the outputs and the logs go. */
  readonly directory: string;
  readonly logs: string;
  /** Variables under which nothing but the emulator can be reached. */
  readonly variables: Variables;
  readonly signal: AbortSignal;
}

const ACCOUNT = "000000000000";
const cli = join(projectDirectory, "node_modules", "aws-cdk", "bin", "cdk");

/** Builds the app for the local environment: bundles the functions and writes the template. */
export async function synthesize(options: CdkOptions): Promise<void> {
  await cdk("synth", ["--app", "node bin/app.ts", "-c", "env=local", "--quiet"], options);
  // The CDK opens the bundles' folders to everybody, for builds in a container.
  makePrivate(join(options.directory, "cdk.out"));
}

/** Prepares the emulated account for deployments. */
export async function bootstrap(options: CdkOptions, region: string): Promise<void> {
  // No app: it need not be built for this.
  await cdk("bootstrap", [`aws://${ACCOUNT}/${region}`, "--app", ""], options);
}

/** Deploys what `synthesize` has built, and tells how many resources are done. */
export async function deploy(options: CdkOptions, onProgress: (text: string) => void): Promise<Outputs> {
  const file = join(options.directory, "outputs.json");
  rmSync(file, { force: true });
  const parameters = [
    "--app",
    join(options.directory, "cdk.out"),
    "--require-approval",
    "never",
    "--method",
    "direct",
  ];
  await cdk("deploy", [...parameters, "--progress", "events", "--outputs-file", file], options, (output) => {
    const counts = [...output.matchAll(/\|\s*(\d+)\/(\d+)\s*\|/g)].at(-1);
    if (counts !== undefined) onProgress(`${counts[1]}/${counts[2]}`);
  });
  const outputs = z.record(z.string(), z.unknown()).parse(JSON.parse(readFileSync(file, "utf8")));
  return outputsSchema.parse(outputs[stackName("local")]);
}

async function cdk(
  command: string,
  parameters: readonly string[],
  { directory, logs, variables, signal }: CdkOptions,
  onOutput?: (output: string) => void,
): Promise<void> {
  const log = join(logs, `${command}.log`);
  rmSync(log, { force: true });
  // Bootstrap and synth run side by side: each has an output folder of its own, as the CLI locks it.
  const output = command === "bootstrap" ? "cdk.bootstrap.out" : "cdk.out";
  const folder = command === "deploy" ? [] : ["--output", join(directory, output)];
  const description = {
    name: `cdk ${command}`,
    command: process.execPath,
    arguments: [cli, command, ...parameters, ...folder, "--no-notices", "--ci", "--no-color"],
    directory: projectDirectory,
    log,
    variables,
  };
  try {
    await runProgram(description, signal, onOutput);
  } catch (error) {
    if (!(error instanceof ProgramFailed)) throw error;
    const cause = causeIn(error.output);
    throw new Failure(`cdk ${command} failed: ${cause}\n  Everything it said: ${log}`, { cause: error });
  }
}

/** What to look for in the CLI's output, the most telling first: a resource, a module, any complaint. */
const COMPLAINTS = [/\b(CREATE|UPDATE)_FAILED\b/, /^✘ \[ERROR\]/, /^(❌|Error:|\w+Error:|.*\bfailed:)/];
/** What the CLI says after the cause. */
const ECHOES = /^node bin\/app\.ts|Subprocess exited/;
const LONGEST_CAUSE = 400;

/** The line of the CLI's output that tells a person most, else the last one. */
export function causeIn(output: string): string {
  const lines = stripVTControlCharacters(output)
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !ECHOES.test(line));
  for (const complaint of COMPLAINTS) {
    const line = lines.find((candidate) => complaint.test(candidate));
    if (line !== undefined) return line.slice(0, LONGEST_CAUSE);
  }
  return lines.at(-1)?.slice(0, LONGEST_CAUSE) ?? "it said nothing";
}
