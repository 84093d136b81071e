import {
  CloudFormationClient,
  DescribeStackEventsCommand,
  DescribeStacksCommand,
  type StackEvent,
  type StackStatus,
} from "@aws-sdk/client-cloudformation";
import { mockClient } from "aws-sdk-client-mock";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { deployedOutputs } from "../../../bin/client/deployed-stack.ts";
import { Failure } from "../../../bin/failure.ts";

const STACK = "image-service-prod";
const cloudFormation = mockClient(CloudFormationClient);

beforeEach(() => {
  cloudFormation.reset();
  vi.stubEnv("AWS_REGION", "ap-southeast-1");
});
afterEach(() => {
  vi.unstubAllEnvs();
});

const named = (name: string, message = "said by AWS") => Object.assign(new Error(message), { name });

async function said(): Promise<string> {
  const error = await deployedOutputs("prod").catch((thrown: unknown) => thrown);
  if (!(error instanceof Failure)) throw new Error("no failure");
  // One sentence, on one line.
  expect(error.message).not.toContain("\n");
  return error.message;
}

/** A stack whose last deployment failed; events as AWS gives them, the newest first. */
function failed(status: StackStatus, ...events: Partial<StackEvent>[]): void {
  const CreationTime = new Date(0);
  cloudFormation
    .on(DescribeStacksCommand)
    .resolves({ Stacks: [{ StackName: STACK, CreationTime, StackStatus: status }] });
  cloudFormation.on(DescribeStackEventsCommand).resolves({
    StackEvents: events.map((event) => ({
      StackId: "id",
      StackName: STACK,
      EventId: "event",
      Timestamp: CreationTime,
      ...event,
    })),
  });
}
const begun = { LogicalResourceId: STACK, ResourceStatus: "CREATE_IN_PROGRESS" } as const;
const failure = (ResourceStatusReason: string, LogicalResourceId = "Part") =>
  ({ LogicalResourceId, ResourceStatus: "CREATE_FAILED", ResourceStatusReason }) as const;

describe("what AWS says becomes one sentence with the next command", () => {
  test.each<[string, Error, RegExp]>([
    ["no credentials", named("CredentialsProviderError"), /aws sso login/],
    ["credentials that have expired", named("ExpiredToken"), /sign in again with aws sso login/],
    [
      "credentials of nobody, or a region that is not enabled",
      named("InvalidClientTokenId"),
      /has enabled the region/,
    ],
    ["no permission", named("AccessDenied", "you may not"), /AWS denies it: you may not/],
    ["no region", named("Error", "Region is missing"), /set AWS_REGION, such as/],
    [
      "a region that there is none of",
      named("Error", "getaddrinfo ENOTFOUND cloudformation.mars.amazonaws.com"),
      /is AWS_REGION=mars a region of AWS/,
    ],
    [
      "another region or account than the stack's",
      named("ValidationError", `Stack with id ${STACK} does not exist`),
      /no stack image-service-prod in this account in ap-southeast-1: look at AWS_PROFILE and AWS_REGION, or .*npx cdk deploy -c env=prod/,
    ],
  ])("%s", async (_, error, expected) => {
    cloudFormation.on(DescribeStacksCommand).rejects(error);
    expect(await said()).toMatch(expected);
  });
});

test("a profile without credentials is named", async () => {
  vi.stubEnv("AWS_PROFILE", "shop");
  cloudFormation.on(DescribeStacksCommand).rejects(named("CredentialsProviderError"));
  expect(await said()).toMatch(/no AWS credentials in the profile shop: set AWS_PROFILE, or sign in/);
});

describe("a stack whose first deployment failed", () => {
  const exists = (type: string, name: string) =>
    `Resource of type '${type}' with identifier '${name}' already exists. (RequestToken: 1, HandlerErrorCode: AlreadyExists)`;

  test.each<[string, string, RegExp]>([
    [
      "for want of the account's role",
      "CloudWatch Logs role ARN must be set in account settings to enable logging",
      /npx cdk deploy --exclusively image-service-account/,
    ],
    [
      "as a secret's name is taken",
      exists("AWS::SecretsManager::Secret", "image-service/prod/dashscope/sg"),
      /aws secretsmanager delete-secret .*--secret-id image-service\/prod\/dashscope\/sg /,
    ],
    [
      "as a secret of that name waits for its deletion",
      "You can't create this secret because a secret with this name is already scheduled for deletion.",
      /aws secretsmanager delete-secret/,
    ],
    [
      "as a log group is left",
      exists("AWS::Logs::LogGroup", "/aws/lambda/image-service-prod-api"),
      /aws logs delete-log-group --log-group-name \/aws\/lambda\/image-service-prod-api, /,
    ],
    [
      "as the account has too few runs to keep some",
      "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [10].",
      /reserveConcurrency: false/,
    ],
    [
      "for a reason that nobody knew",
      "The moon is full",
      /Part: The moon is full.*npx cdk deploy -c env=prod/,
    ],
  ])("%s names that reason and what mends it", async (_, reason, expected) => {
    failed("ROLLBACK_COMPLETE", failure("Resource creation cancelled", "Other"), failure(reason), begun);
    const text = await said();
    expect(text).toContain("image-service-prod is ROLLBACK_COMPLETE");
    expect(text).toMatch(expected);
  });

  test("is told by its first failure, and by those of its last deployment alone", async () => {
    failed("ROLLBACK_FAILED", failure("The second"), failure("The first"), begun, failure("Long ago"), begun);
    expect(await said()).toContain("Part: The first");
  });

  test("is told without a reason where its events may not be read", async () => {
    failed("ROLLBACK_COMPLETE");
    cloudFormation.on(DescribeStackEventsCommand).rejects(named("AccessDenied"));
    expect(await said()).toMatch(
      /ROLLBACK_COMPLETE, nothing works in it: mend the cause, then npx cdk deploy/,
    );
  });
});

test.each(["CREATE_IN_PROGRESS", "ROLLBACK_IN_PROGRESS", "DELETE_IN_PROGRESS"] as const)(
  "a stack that is %s is to be waited for",
  async (status) => {
    failed(status);
    expect(await said()).toMatch(/when that has ended, npx cdk deploy/);
  },
);

test("a stack whose last update was rolled back works on, and so do the commands", async () => {
  const Outputs = [{ OutputKey: "ApiUrl", OutputValue: "https://api" }];
  const StackStatus = "UPDATE_ROLLBACK_COMPLETE";
  cloudFormation
    .on(DescribeStacksCommand)
    .resolves({ Stacks: [{ StackName: STACK, CreationTime: new Date(0), StackStatus, Outputs }] });
  expect(await deployedOutputs("prod")).toEqual({ ApiUrl: "https://api" });
});
