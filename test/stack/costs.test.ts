import { readFileSync } from "node:fs";
import { Annotations, Match } from "aws-cdk-lib/assertions";
import { describe, expect, it } from "vitest";
import { offerOf } from "../../lambdas/providers/registry.ts";
import { environmentNamed } from "../../lib/config.ts";
import { modelQuotas } from "../../lib/model-quotas.ts";
import { PRICES } from "../bench/prices.ts";
import { functionsOf, resourcesOf, type Synthesised, synthesise, synthesised } from "./synthesised.ts";

const page = readFileSync(new URL("../../docs/costs.md", import.meta.url), "utf8");

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

  it("run in functions of the memory that it reckons with", () => {
    const { worker, api, relay } = functionsOf(synthesised("prod"));
    const shapes = [worker, api, relay].map((each) => [each?.["MemorySize"], each?.["Architectures"]]);
    expect(shapes).toEqual([1024, 1024, 1024].map((megabytes) => [megabytes, ["arm64"]]));
  });

  const gigabyteSeconds = (seconds: number, gigabytes: number) => seconds * gigabytes * PRICES.lambdaSecond;
  /** Each row says what it counts; its sum follows from that. */
  const ROWS: [name: string, words: RegExp, usd: (...counts: number[]) => number][] = [
    [
      "the worker",
      /the worker: ([\d.]+) GB on arm64 for ([\d.]+) s each/,
      (size = 0, seconds = 0) => gigabyteSeconds(seconds, size),
    ],
    [
      "a request that waits",
      /a request that waits: the api for ([\d.]+) s at ([\d.]+) GB/,
      (seconds = 0, size = 0) => gigabyteSeconds(seconds, size),
    ],
    [
      "the table",
      /the table: (\d+) writes of (\d+) units, (\d+) items in a transaction, (\d+) reads/,
      (writes = 0, units = 0, items = 0, reads = 0) =>
        (writes * units + 2 * items) * PRICES.writeUnit + reads * PRICES.readUnit,
    ],
    [
      "the api",
      /gateway and api: (\d+) requests of ([\d.]+) s at ([\d.]+) GB/,
      (requests = 0, seconds = 0, size = 0) =>
        requests * (PRICES.gatewayRequest + PRICES.lambdaRun + gigabyteSeconds(seconds, size)),
    ],
    [
      "queue, bus and relay",
      /(\d+) calls of SQS, (\d+) event, (\d+) runs of the relay of ([\d.]+) s at ([\d.]+) GB/,
      (calls = 0, events = 0, runs = 0, seconds = 0, size = 0) =>
        calls * PRICES.queueCall +
        events * PRICES.event +
        runs * (PRICES.lambdaRun + gigabyteSeconds(seconds, size)),
    ],
    [
      "the bucket",
      /(\d+) MB each in S3, for a month, with (\d+) writes and lists/,
      (megabytes = 0, writes = 0) => (megabytes / 1000) * PRICES.s3GbMonth + writes * PRICES.s3Write,
    ],
    [
      "logs and traces",
      /logs and traces: (\d+) KB, and ([\d.]+) traces/,
      (kilobytes = 0, traces = 0) => (kilobytes / 1e6) * PRICES.logGb + traces * PRICES.trace,
    ],
  ];

  it.each(ROWS)("cost at AWS what %s comes to", (_, words, usd) => {
    const line = page.split("\n").find((each) => words.test(each)) ?? "";
    const [, ...counts] = words.exec(line) ?? [];
    const [, said] = /\| ([\d.]+) \|$/.exec(line) ?? [];
    expect(said).toBe((1000 * usd(...counts.map(Number))).toFixed(2));
  });

  it("cost at AWS under a tenth of a cent each, as the README says", () => {
    const lines = page.split("\n").filter((line) => ROWS.some(([, words]) => words.test(line)));
    const sum = lines.reduce(
      (total, line) => total + Number(/\| ([\d.]+) \|$/.exec(line)?.[1] ?? Number.NaN),
      0,
    );
    expect(lines).toHaveLength(ROWS.length);
    expect(sum).toBeLessThan(1);
    expect(readFileSync(new URL("../../README.md", import.meta.url), "utf8")).toMatch(
      /under USD 0\.001 (per|an)\s+image/,
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
