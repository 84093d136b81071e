import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { App } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import type { IConstruct } from "constructs";
import { describe, expect, it } from "vitest";
import { AccountStack } from "../../lib/account-stack.ts";
import { environmentNamed } from "../../lib/config.ts";
import {
  everyEnvironment,
  findingsOf,
  onlyResource,
  resourcesOf,
  synthesise,
  synthesised,
} from "./synthesised.ts";

describe.each(everyEnvironment)("the stack of $name", ({ name }) => {
  const stack = synthesised(name);

  it("has no finding of cdk-nag's AwsSolutions without a reason", () => {
    expect(stack.findings).toEqual([]);
  });

  it("keeps no log for ever", () => {
    const groups = resourcesOf(stack, "AWS::Logs::LogGroup");
    // Seven functions, two state machines, the API's access log and its execution log.
    expect(groups).toHaveLength(11);
    for (const [, { Properties }] of groups)
      expect(Properties["RetentionInDays"]).toBe(stack.environment.logRetentionDays);
  });

  it("tells a deployment what it made", () => {
    expect(Object.keys(stack.template.toJSON()["Outputs"]).sort()).toEqual([
      "ApiUrl",
      "BucketName",
      "DeadLetterQueueUrl",
      "EventBusName",
      "ProviderBaseUrl",
      "QueueUrl",
      "Region",
      "SecretArn",
      "StateMachineArns",
      "TableName",
      "TaskFunctionName",
      "WorkerFunctionName",
    ]);
    expect(JSON.stringify(stack.template.toJSON()["Outputs"].ApiUrl)).toMatch(/\/v1"\]/);
  });

  it("is tagged with what it is", () => {
    const properties = onlyResource(stack, "AWS::DynamoDB::Table");
    expect(properties["Tags"]).toEqual([
      { Key: "environment", Value: name },
      { Key: "service", Value: "image-service" },
    ]);
  });
});

describe("the account's stack", () => {
  const app = new App();
  const template = Template.fromStack(new AccountStack(app));

  it("alone sets the account's role for API Gateway's logs, which stays for others", () => {
    template.hasResource("AWS::ApiGateway::Account", { DeletionPolicy: "RetainExceptOnCreate" });
    template.hasResource("AWS::IAM::Role", { DeletionPolicy: "RetainExceptOnCreate" });
    for (const { name } of everyEnvironment)
      synthesised(name).template.resourceCountIs("AWS::ApiGateway::Account", 0);
    expect(findingsOf(app)).toEqual([]);
  });
});

describe("the CDK app", () => {
  it("needs no environment for a bootstrap: it has every stack that can be deployed", () => {
    const { stdout } = spawnSync("npx", ["cdk", "ls"], {
      cwd: fileURLToPath(new URL("../..", import.meta.url)),
      encoding: "utf8",
    });
    expect(stdout.trim().split("\n").sort()).toEqual(
      ["account", "dev", "prod", "staging"].map((name) => `image-service-${name}`),
    );
  });
});

describe("cdk-nag", () => {
  it("finds what an exception covers as soon as the exception is taken away", () => {
    const { stack } = synthesise(environmentNamed("prod", {}));
    const exceptions = exceptionsIn(stack);
    expect(exceptions.length).toBeGreaterThan(10);
    for (const { reasons } of exceptions) for (const rule of Object.keys(reasons)) delete reasons[rule];

    const findings = findingsOf(stack.node.root);
    for (const { path, rules } of exceptions)
      for (const rule of rules)
        expect(findings).toContainEqual(expect.stringMatching(startOf(`${rule} ${path}`)));
  });

  it("is given a reason for each exception", () => {
    for (const { reasons } of exceptionsIn(synthesised("prod").stack))
      for (const reason of Object.values(reasons)) expect(reason.length).toBeGreaterThan(40);
  });
});

/** The exceptions of every construct; `reasons`, by rule, is what cdk-nag itself reads. */
function exceptionsIn(stack: IConstruct) {
  return stack.node.findAll().flatMap(({ node }) =>
    node.metadata
      .filter(({ type }) => type === "aws:cdk:acknowledged-rules")
      .map(({ data }) => {
        const reasons = data as Record<string, string>;
        return {
          path: node.path,
          rules: Object.keys(reasons).map((rule) => rule.replace(/^Annotation::/, "")),
          reasons,
        };
      }),
  );
}

function startOf(text: string): RegExp {
  return new RegExp(`^${text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&")}(/|$)`);
}
