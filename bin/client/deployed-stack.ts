import { CloudFormationClient, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import type { EnvironmentName } from "../../lib/environment-schema.ts";
import { stackName } from "../../lib/stack-name.ts";
import { exitCode, Failure } from "../failure.ts";
import { speakingToAws, takeDefaultRegion } from "./aws-faults.ts";
import { deploymentFault } from "./failed-deployment.ts";

/** An environment's stack as CloudFormation has it. */
export interface DeployedStack {
  readonly status: string;
  readonly isProtected: boolean;
  readonly outputs: Readonly<Record<string, string>>;
}

/** The stack of an environment, in the account and region of the shell; null where there is none. */
export async function findStack(environment: EnvironmentName): Promise<DeployedStack | null> {
  takeDefaultRegion();
  const client = new CloudFormationClient({});
  const { Stacks = [] } = await speakingToAws(async () => {
    try {
      return await client.send(new DescribeStacksCommand({ StackName: stackName(environment) }));
    } catch (error) {
      if (error instanceof Error && / does not exist/.test(error.message)) return { Stacks: [] };
      throw error;
    }
  });
  const [stack] = Stacks;
  if (stack === undefined) return null;
  const { StackStatus = "", EnableTerminationProtection = false, Outputs = [] } = stack;
  return {
    status: StackStatus,
    isProtected: EnableTerminationProtection,
    outputs: Object.fromEntries(
      Outputs.map(({ OutputKey = "", OutputValue = "" }) => [OutputKey, OutputValue]),
    ),
  };
}

/**
 * The outputs of an environment's stack in AWS, in the account and region of the shell.
 *
 * @throws Failure with the next command, where it is not there, or nothing works in it
 */
export async function deployedOutputs(environment: EnvironmentName): Promise<DeployedStack["outputs"]> {
  const stack = await findStack(environment);
  const name = stackName(environment);
  if (stack === null) {
    const region = await regionOfTheShell();
    throw new Failure(
      `There is no stack ${name} in this account in ${region}: look at AWS_PROFILE and AWS_REGION, or deploy it with npx cdk deploy -c env=${environment}.`,
      { exitCode: exitCode.unreachable },
    );
  }
  const { status, outputs } = stack;
  if (/^(CREATE|REVIEW|DELETE|ROLLBACK)_IN_PROGRESS$/.test(status))
    throw new Failure(
      `The stack ${name} is ${status}: when that has ended, npx cdk deploy -c env=${environment} goes on from there.`,
    );
  if (hasNeverStood(status)) {
    const client = new CloudFormationClient({});
    const { reason, next } = await deploymentFault(client, { StackName: name, environment });
    const why = reason === null ? "" : ` (${reason})`;
    throw new Failure(`The stack ${name} is ${status}, nothing works in it${why}: ${next}.`);
  }
  return outputs;
}

/** Whether nothing of a stack works: its first deployment failed, or it was half deleted. */
export function hasNeverStood(status: string): boolean {
  return /^(ROLLBACK_|CREATE_FAILED|DELETE_|REVIEW_)/.test(status);
}

function regionOfTheShell(): Promise<string> {
  return new CloudFormationClient({}).config.region();
}

/** The output of a name; throws when the stack has none, as before its first deployment is complete. */
export function output(
  outputs: DeployedStack["outputs"],
  name: string,
  environment: EnvironmentName,
): string {
  const value = outputs[name];
  if (value !== undefined && value !== "") return value;
  throw new Failure(
    `The stack ${stackName(environment)} has no output ${name}: deploy it with npx cdk deploy -c env=${environment}.`,
  );
}
