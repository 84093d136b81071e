import { describe, expect, it } from "vitest";
import { BATCH_DEADLINE_SECONDS } from "../../lambdas/platform/duration.ts";
import { timeoutsFor } from "../../lib/timeouts.ts";
import { everyEnvironment, functionsOf, resourceNamed, resourcesOf, synthesised } from "./synthesised.ts";

describe.each(everyEnvironment)("the queues of $name", ({ name }) => {
  const stack = synthesised(name);
  const [, { Properties: queue }] = resourceNamed(stack, "AWS::SQS::Queue", "Queue381943A6");
  const [deadLetters, { Properties: dead }] = resourceNamed(stack, "AWS::SQS::Queue", "QueueDeadLetters");

  it("hide a message for longer than the worker may run", () => {
    const timeouts = timeoutsFor(stack.environment.provider.timeoutSeconds);
    expect(queue["VisibilityTimeout"]).toBe(timeouts.queueVisibility);
    expect(queue["VisibilityTimeout"]).toBeGreaterThan(functionsOf(stack)["worker"]?.["Timeout"]);
  });

  it("give a message up after fifty receives, to a queue that keeps it for two weeks", () => {
    expect(queue["RedrivePolicy"]).toEqual({
      deadLetterTargetArn: { "Fn::GetAtt": [deadLetters, "Arn"] },
      maxReceiveCount: 50,
    });
    expect(dead["MessageRetentionPeriod"]).toBe(14 * 86_400);
  });

  it("keep a message for longer than any deadline, and leave time to find it among the dead letters", () => {
    expect(queue["MessageRetentionPeriod"]).toBeGreaterThan(BATCH_DEADLINE_SECONDS);
    expect(queue["MessageRetentionPeriod"]).toBeLessThan(dead["MessageRetentionPeriod"]);
  });

  it("hide a batch for longer than the expander may run, and give it up after five receives", () => {
    const [, { Properties: expansions }] = resourceNamed(stack, "AWS::SQS::Queue", "ExpansionsQueue");
    const [failures] = resourceNamed(stack, "AWS::SQS::Queue", "ExpansionsFailures");
    expect(expansions["VisibilityTimeout"]).toBeGreaterThan(functionsOf(stack)["expander"]?.["Timeout"]);
    expect(expansions["RedrivePolicy"]).toEqual({
      deadLetterTargetArn: { "Fn::GetAtt": [failures, "Arn"] },
      maxReceiveCount: 5,
    });
  });

  it("are encrypted, and refuse requests without TLS", () => {
    const queues = resourcesOf(stack, "AWS::SQS::Queue");
    expect(queues).toHaveLength(5);
    for (const [id, { Properties }] of queues) {
      expect(Properties["SqsManagedSseEnabled"]).toBe(true);
      const policies = resourcesOf(stack, "AWS::SQS::QueuePolicy").filter(
        ([, policy]) => policy.Properties["Queues"][0].Ref === id,
      );
      expect(JSON.stringify(policies)).toContain(
        '"Condition":{"Bool":{"aws:SecureTransport":"false"}},"Effect":"Deny"',
      );
    }
  });
});
