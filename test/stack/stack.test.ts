import { describe, expect, it } from "vitest";
import { environmentNamed } from "../../lib/config.ts";
import { everyEnvironment, onlyResource, resourcesOf, synthesise, synthesised } from "./synthesised.ts";

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

describe("cdk-nag", () => {
  it("would find something: an exception taken away is a finding", () => {
    const { stack } = synthesise(environmentNamed("prod", {}));
    const exceptions = stack.node
      .findAll()
      .flatMap(({ node }) => node.metadata.filter(({ type }) => type === "aws:cdk:acknowledged-rules"));
    const reasons = exceptions.flatMap(({ data }) => Object.values(data as Record<string, string>));
    expect(reasons.length).toBeGreaterThan(10);
    for (const reason of reasons) expect(reason.length).toBeGreaterThan(40);
  });
});
