import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { environmentNamed } from "../../lib/config.ts";
import { bundled } from "./bundled.ts";
import { type Resource, resourcesOf, synthesise, synthesised } from "./synthesised.ts";

const watched = [{ name: "dev" }, { name: "staging" }, { name: "prod" }] as const;
const runbook = new URL("../../docs/operations.md", import.meta.url);

const expected = [
  "api-errors",
  "api-server-errors",
  "api-slow",
  "batches-failed",
  "dead-letter-queue-not-empty",
  "delivery-failed",
  "end-not-announced",
  "expansion-failures-not-empty",
  "functions-throttled",
  "image-host-unknown",
  "generations-expired",
  "image-refused",
  "image-unavailable",
  "outcome-unknown",
  "poison-message",
  "provider-outage",
  "provider-paused",
  "provider-throttled-long",
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
    expect(alarms.map(plainName).sort()).toEqual(expected.toSorted());
  });

  it("say how bad it is, whom it hurts and where the runbook is", () => {
    for (const alarm of alarms)
      expect(alarm["AlarmDescription"]).toMatch(
        new RegExp(
          `^\\[(high|medium|low)\\] [A-Z].{30,}\\. Runbook: docs/operations\\.md#${plainName(alarm)}$`,
        ),
      );
  });

  it("page a person when they are high, and notify otherwise: when they ring and when they stop", () => {
    for (const { AlarmActions, AlarmDescription, OKActions, TreatMissingData } of alarms) {
      const topic = String(AlarmDescription).startsWith("[high]") ? "page" : "notify";
      expect(
        AlarmActions.map(({ Ref }: { Ref: string }) => stack.resources[Ref]?.Properties["TopicName"]),
      ).toEqual([`image-service-${name}-${topic}`]);
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
      `"Dimensions":[{"Name":"service","Value":"image-service-${name}-worker"}],"EvaluationPeriods":1,"MetricName":"ProviderPaused","Namespace":"ImageService"`,
    );
  });

  it("count what is our fault, not what a stranger or a patient client can cause", () => {
    const metricsOf = (wanted: string) => metricsIn(alarms.find((alarm) => plainName(alarm) === wanted));
    expect(metricsOf("api-errors")).toEqual([`AWS/Lambda Errors FunctionsApiFunction`]);
    expect(metricsOf("api-server-errors")).toEqual([
      `ImageService InternalErrors image-service-${name}-api`,
      `ImageService/${name} GatewayErrors `,
    ]);
    stack.template.hasResourceProperties("AWS::Logs::MetricFilter", {
      FilterPattern: '{ ($.status = "5*") && ($.refusal != "-") }',
      MetricTransformations: [
        { MetricName: "GatewayErrors", MetricNamespace: `ImageService/${name}`, MetricValue: "1" },
      ],
    });
  });

  it("reach topics that CloudWatch may publish to, by TLS", () => {
    const policies = resourcesOf(stack, "AWS::SNS::TopicPolicy");
    expect(policies).toHaveLength(2);
    for (const [, { Properties }] of policies) {
      const statements: Record<string, unknown>[] = Properties["PolicyDocument"].Statement;
      expect(statements.map(({ Effect, Principal }) => [Effect, Principal])).toEqual([
        ["Deny", "*"],
        ["Allow", { Service: "cloudwatch.amazonaws.com" }],
      ]);
      expect(statements[1]?.["Condition"]).toEqual({
        StringEquals: { "aws:SourceAccount": { Ref: "AWS::AccountId" } },
      });
    }
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

describe("a metric of ours that an alarm adds up", async () => {
  const functions = [...new Set(watchedMetrics("prod").map(([, publisher]) => publisher))];
  const bundles = new Map(
    await Promise.all(functions.map(async (name) => [name, (await bundled(name)).text] as const)),
  );

  it.each(watchedMetrics("prod"))("%s is published by the %s", (metric, publisher) => {
    expect(bundles.get(publisher)).toContain(`"${metric}"`);
  });
});

/** Each metric of an alarm as `NAMESPACE NAME FUNCTION`. */
function metricsIn(alarm: Resource["Properties"] = {}): string[] {
  const single = alarm["MetricName"] === undefined ? [] : [alarm];
  const several = (alarm["Metrics"] ?? []).flatMap(({ MetricStat }: { MetricStat?: { Metric: object } }) =>
    MetricStat === undefined ? [] : [MetricStat.Metric],
  );
  return [...single, ...several].map(({ Namespace, MetricName, Dimensions: [first] = [] }) => {
    const of = first?.Value?.Ref?.replace(/[0-9A-F]{8}$/, "") ?? first?.Value ?? "";
    return `${Namespace} ${MetricName} ${of}`;
  });
}

/** The metrics of our own that alarms watch, each with the short name of a function that is to publish it. */
function watchedMetrics(name: "prod"): [string, string][] {
  return resourcesOf(synthesised(name), "AWS::CloudWatch::Alarm").flatMap(([, { Properties }]) =>
    metricsIn(Properties).flatMap((metric): [string, string][] => {
      const [, metricName, publisher] = /^ImageService (\w+) image-service-prod-(\w+)$/.exec(metric) ?? [];
      return metricName === undefined || publisher === undefined ? [] : [[metricName, publisher]];
    }),
  );
}

describe("an environment with alarm addresses", () => {
  const told = (addresses: { alarmEmails: string[]; pageEmails?: string[] }) => {
    const stack = synthesise({ ...environmentNamed("dev", {}), ...addresses });
    return resourcesOf(stack, "AWS::SNS::Subscription")
      .map(([, { Properties }]) => {
        const topic = stack.resources[Properties["TopicArn"].Ref]?.Properties["TopicName"];
        return `${topic} ${Properties["Protocol"]} ${Properties["Endpoint"]}`;
      })
      .sort();
  };

  it("sends all alarms there", () => {
    expect(told({ alarmEmails: ["ops@example.com"] })).toEqual([
      "image-service-dev-notify email ops@example.com",
      "image-service-dev-page email ops@example.com",
    ]);
  });

  it("pages others where it names them", () => {
    expect(told({ alarmEmails: ["ops@example.com"], pageEmails: ["pager@example.com"] })).toEqual([
      "image-service-dev-notify email ops@example.com",
      "image-service-dev-page email pager@example.com",
    ]);
  });
});

describe("the local environment", () => {
  it("has nobody to alarm", () => {
    synthesised("local").template.resourceCountIs("AWS::CloudWatch::Alarm", 0);
  });
});
