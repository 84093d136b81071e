import { describe, expect, it } from "vitest";
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
    expect(queue["MessageRetentionPeriod"]).toBe(4 * 86_400);
  });

  it("are encrypted, and refuse requests without TLS", () => {
    const queues = resourcesOf(stack, "AWS::SQS::Queue");
    expect(queues).toHaveLength(3);
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
