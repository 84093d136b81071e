import { CloudFormationClient, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import type { EnvironmentName } from "../../lib/environment-schema.ts";
import { stackName } from "../../lib/stack-name.ts";
import { exitCode, Failure, messageOf } from "../failure.ts";

/** The outputs of an environment's stack in AWS, in the account and region of the shell. */
export async function deployedOutputs(environment: EnvironmentName): Promise<Record<string, string>> {
  const StackName = stackName(environment);
  takeDefaultRegion();
  const { Stacks = [] } = await speakingToAws(() =>
    new CloudFormationClient({}).send(new DescribeStacksCommand({ StackName })),
  );
  const status = Stacks[0]?.StackStatus ?? "";
  if (/^(ROLLBACK_|CREATE_FAILED|DELETE_)/.test(status))
    throw new Failure(
      `The stack ${StackName} is ${status}: nothing works in it. Mend the cause and deploy again: npx cdk deploy -c env=${environment}.`,
    );
  const outputs = Stacks[0]?.Outputs ?? [];
  return Object.fromEntries(outputs.map(({ OutputKey = "", OutputValue = "" }) => [OutputKey, OutputValue]));
}

/** Takes `AWS_DEFAULT_REGION` for the region, as the AWS CLI and the CDK do and the SDK does not. */
export function takeDefaultRegion(variables: NodeJS.ProcessEnv = process.env): void {
  const region = variables["AWS_DEFAULT_REGION"];
  if (variables["AWS_REGION"] === undefined && region !== undefined && region !== "")
    variables["AWS_REGION"] = region;
}

/** The output of a name; throws when the stack has none, as before its first deployment is complete. */
export function output(outputs: Record<string, string>, name: string, environment: EnvironmentName): string {
  const value = outputs[name];
  if (value !== undefined && value !== "") return value;
  throw new Failure(
    `The stack ${stackName(environment)} has no output ${name}: deploy it with npx cdk deploy -c env=${environment}.`,
  );
}

/** Turns what AWS and its SDK throw into what a person can do about it. */
export async function speakingToAws<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure(advice(error), { exitCode: exitCode.unreachable, cause: error });
  }
}

function advice(error: unknown): string {
  const message = messageOf(error);
  const name = error instanceof Error ? error.name : "";
  if (/CredentialsProviderError|TokenProviderError/.test(name))
    return `There are no AWS credentials to be found: set AWS_PROFILE, or sign in with aws sso login. (${message})`;
  if (/region is missing/i.test(message))
    return "There is no AWS region: set AWS_REGION, such as AWS_REGION=ap-southeast-1.";
  if (
    /ExpiredToken|InvalidClientTokenId|UnrecognizedClient|SignatureDoesNotMatch|InvalidSignature/.test(name)
  )
    return `AWS does not accept the credentials: sign in again. (${message})`;
  if (/AccessDenied/.test(name)) return `AWS denies it: ${message}`;
  const missing = /Stack with id (\S+) does not exist/.exec(message)?.[1];
  if (missing !== undefined)
    return `There is no stack ${missing} in this account and region: look at AWS_PROFILE and AWS_REGION, or deploy it with npx cdk deploy -c env=${missing.split("-").at(-1)}.`;
  if (name === "ResourceNotFoundException") return `The table is not there: ${message}`;
  return `AWS cannot be reached: ${message === "" ? name : message}`;
}
