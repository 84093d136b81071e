import { readFileSync } from "node:fs";
import { Annotations, Match } from "aws-cdk-lib/assertions";
import { describe, expect, it } from "vitest";
import { offerOf } from "../../lambdas/providers/registry.ts";
import { environmentNamed } from "../../lib/config.ts";
import { modelQuotas } from "../../lib/model-quotas.ts";
import { functionsOf, resourcesOf, type Synthesised, synthesise, synthesised } from "./synthesised.ts";

const page = readFileSync(new URL("../../docs/costs.md", import.meta.url), "utf8");

/** List prices in us-east-1, USD: a month, or a second of one GB on arm64. */
const PRICES = { alarmMetric: 0.1, ownMetric: 0.3, secret: 0.4, dashboard: 3, lambdaSecond: 0.0000133334 };

interface AlarmProperties {
  readonly Metrics?: readonly { readonly MetricStat?: { readonly Metric: object } }[];
}

/** What is billed though nothing is painted, counted from the template. */
function idle(stack: Synthesised) {
  const watched = resourcesOf(stack, "AWS::CloudWatch::Alarm").flatMap(([, { Properties }]) => {
    const { Metrics = [] }: AlarmProperties = Properties;
    const summed = Metrics.flatMap(({ MetricStat }) => (MetricStat === undefined ? [] : [MetricStat.Metric]));
    return summed.length > 0 ? summed : [Properties];
  });
  const alarmed = watched.flatMap((metric) => {
    const { Namespace, MetricName, Dimensions } = metric as Record<string, unknown>;
    return String(Namespace).startsWith("ImageService")
      ? [`${MetricName} ${JSON.stringify(Dimensions ?? [])}`]
      : [];
  });
  const counts = {
    alarmMetrics: watched.length,
    secrets: resourcesOf(stack, "AWS::SecretsManager::Secret").length,
    dashboards: resourcesOf(stack, "AWS::CloudWatch::Dashboard").length,
  };
  const fixed =
    counts.alarmMetrics * PRICES.alarmMetric +
    counts.secrets * PRICES.secret +
    counts.dashboards * PRICES.dashboard;
  return { ...counts, ownMetrics: new Set(alarmed).size, fixed };
}

describe("docs/costs.md", () => {
  it.each(["dev", "staging", "prod"] as const)("counts what %s costs idle as its template does", (name) => {
    const { alarmMetrics, secrets, dashboards, ownMetrics, fixed } = idle(synthesised(name));
    const perMonth = (ownMetrics * PRICES.ownMetric).toFixed(2);
    expect(page).toContain(
      `| ${name} | ${alarmMetrics} | ${secrets} | ${dashboards} | ${fixed.toFixed(2)} | ${ownMetrics} | ${perMonth} |`,
    );
  });

  it("has an idle sum in the README that is its own", () => {
    const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
    expect(readme).toContain(`USD ${idle(synthesised("prod")).fixed.toFixed(2)} a month`);
  });
});

describe("a thousand pictures, in docs/costs.md", () => {
  const { environment } = synthesised("prod");
  const [model] = offerOf(environment.provider).models;
  const price = Number(model.pricing.output[0].cost);
  const row = (start: string) =>
    Number(new RegExp(`^\\| ${start}.*\\| ([\\d.]+) \\|$`, "m").exec(page)?.[1] ?? Number.NaN);

  it("cost at the provider what its registry says, and a day what its pace allows", () => {
    expect(row("the provider:")).toBeCloseTo(1000 * price, 2);
    const [quota = ""] = modelQuotas(environment);
    const aDay = Number(quota.split("=")[1]) * 24 * 60 * price;
    expect(page).toContain(`up to USD ${aDay} a day`);
  });

  it("cost at Lambda what the worker's memory and its seconds come to", () => {
    const { MemorySize, Architectures } = functionsOf(synthesised("prod"))["worker"] ?? {};
    expect(Architectures).toEqual(["arm64"]);
    const [, seconds = ""] = /the worker: 1 GB on arm64 for (\d+) s each/.exec(page) ?? [];
    const computed = 1000 * (MemorySize / 1024) * Number(seconds) * PRICES.lambdaSecond;
    expect(row("the worker:").toFixed(2)).toBe(computed.toFixed(2));
  });

  it("cost at AWS under a tenth of a cent each, as the README says", () => {
    const rows = ["the worker:", "the table:", "queue, gateway", "2 MB each in S3", "logs and traces"];
    expect(rows.reduce((sum, start) => sum + row(start), 0)).toBeLessThan(1);
    expect(readFileSync(new URL("../../README.md", import.meta.url), "utf8")).toMatch(
      /under USD 0\.001 per\s+image/,
    );
  });
});

describe("prod without a cap or anybody to alarm", () => {
  const warnings = (more: object) => {
    const { stack } = synthesise({ ...environmentNamed("prod", {}), ...more });
    return Annotations.fromStack(stack)
      .findWarning("*", Match.stringLikeRegexp("^prod has no"))
      .map(({ entry }) => /no (\w+)/.exec(String(entry.data))?.[1]);
  };

  it("says so at every synthesis", () => {
    expect(warnings({})).toEqual(["budget", "alarmEmails"]);
    expect(warnings({ budget: { ownerMonthly: "1" }, pageEmails: ["pager@example.com"] })).toEqual([
      "budget",
    ]);
    expect(warnings({ budget: { environmentMonthly: "100" }, alarmEmails: ["ops@example.com"] })).toEqual([]);
  });
});
