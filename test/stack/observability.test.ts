import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { environmentNamed } from "../../lib/config.ts";
import { onlyResource, resourcesOf, synthesise, synthesised } from "./synthesised.ts";

const watched = [{ name: "dev" }, { name: "staging" }, { name: "prod" }] as const;
const runbook = new URL("../../docs/operations.md", import.meta.url);

const expected = [
  "api-errors",
  "api-server-errors",
  "api-slow",
  "dead-letter-queue-not-empty",
  "expansion-failures-not-empty",
  "functions-throttled",
  "image-host-unknown",
  "image-refused",
  "outcome-unknown",
  "poison-message",
  "provider-paused",
  "queue-too-old",
  "reconciler-errors",
  "reconciler-not-running",
  "relay-behind",
  "relay-errors",
  "relay-failures-not-empty",
  "worker-errors",
];

describe.each(watched)("the alarms of $name", ({ name }) => {
  const stack = synthesised(name);
  const alarms = resourcesOf(stack, "AWS::CloudWatch::Alarm").map(([, { Properties }]) => Properties);
  const plainName = ({ AlarmName }: (typeof alarms)[number]) =>
    String(AlarmName).replace(`image-service-${name}-`, "");

  it("are these", () => {
    expect(alarms.map(plainName).sort()).toEqual(expected);
  });

  it("say how bad it is, whom it hurts and where the runbook is", () => {
    for (const alarm of alarms)
      expect(alarm["AlarmDescription"]).toMatch(
        new RegExp(
          `^\\[(high|medium|low)\\] [A-Z].{30,}\\. Runbook: docs/operations\\.md#${plainName(alarm)}$`,
        ),
      );
  });

  it("tell the topic, when they ring and when they stop", () => {
    for (const { AlarmActions, OKActions, TreatMissingData } of alarms) {
      expect(AlarmActions).toHaveLength(1);
      expect(OKActions).toEqual(AlarmActions);
      expect(TreatMissingData).toMatch(/^(notBreaching|breaching)$/);
    }
  });

  it("ring when the reconciler says nothing at all", () => {
    const silent = alarms.find((alarm) => plainName(alarm) === "reconciler-not-running");
    expect(silent).toMatchObject({
      TreatMissingData: "breaching",
      ComparisonOperator: "LessThanThreshold",
      Period: 900,
    });
  });

  it("watch what the functions of this environment publish, not another's", () => {
    const paused = alarms.find((alarm) => plainName(alarm) === "provider-paused");
    expect(JSON.stringify(paused)).toContain(
      `"Dimensions":[{"Name":"service","Value":"image-service-${name}-worker"}],"MetricName":"ProviderPaused","Namespace":"ImageService"`,
    );
  });

  it("reach a topic that CloudWatch may publish to, by TLS", () => {
    const properties = onlyResource(stack, "AWS::SNS::TopicPolicy");
    const statements: Record<string, unknown>[] = properties["PolicyDocument"].Statement;
    expect(statements.map(({ Effect, Principal }) => [Effect, Principal])).toEqual([
      ["Deny", "*"],
      ["Allow", { Service: "cloudwatch.amazonaws.com" }],
    ]);
    expect(statements[1]?.["Condition"]).toEqual({
      StringEquals: { "aws:SourceAccount": { Ref: "AWS::AccountId" } },
    });
  });

  it.runIf(existsSync(runbook))("each have their section in docs/operations.md", () => {
    const anchors = [...readFileSync(runbook, "utf8").matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\w\s-]/g, "")
        .trim()
        .replaceAll(/\s/g, "-"),
    );
    expect(anchors).toEqual(expect.arrayContaining(expected));
  });
});

describe("an environment with an alarm address", () => {
  it("sends alarms there", () => {
    const stack = synthesise({ ...environmentNamed("dev", {}), alarmEmails: ["ops@example.com"] });
    stack.template.hasResourceProperties("AWS::SNS::Subscription", {
      Protocol: "email",
      Endpoint: "ops@example.com",
    });
  });
});

describe("the local environment", () => {
  it("has nobody to alarm", () => {
    synthesised("local").template.resourceCountIs("AWS::CloudWatch::Alarm", 0);
  });
});
