import { setTimeout as sleep } from "node:timers/promises";
import type { QuotaWindow } from "../support/dashscope-simulator/quota.ts";
import { type BenchCloud, progress, withCloud } from "./cloud.ts";
import { idleForAnHour } from "./idle.ts";
import type { Row } from "./row.ts";

/** A quota as the simulator counts it, and how many jobs are thrown at it at once. */
interface Load {
  readonly name: string;
  readonly jobs: number;
  /** Milliseconds of one call, by the quota. */
  readonly interval: number;
  readonly windows: readonly QuotaWindow[];
  readonly goal: string;
  /** What happens before. */
  readonly before?: (cloud: BenchCloud) => Promise<void>;
}

const LATENCY_MS = 2000;
const WORKERS = 10;
/** Callers at once, each with one job after the other: they share the machine with the service. */
const CALLERS = 4;
/** Real minutes would take an hour. */
const SHORT_MINUTE = 6;

const BY_THE_SECOND: Omit<Load, "name" | "jobs" | "goal"> = {
  interval: 1000,
  windows: [
    { requests: 60, seconds: 60, by: "sliding" },
    { requests: 1, seconds: 1, by: "sliding" },
  ],
};

const byTheMinute = (by: QuotaWindow["by"]): Load => ({
  name: `2 a ${by} minute, 10 times faster`,
  jobs: 12,
  interval: (SHORT_MINUTE * 1000) / 2,
  windows: [{ requests: 2, seconds: SHORT_MINUTE, by }],
  goal: "no 429, 1.03 x",
});

/** Throws jobs at the deployed service, and compares the time from the first call to the last with the quota's own. */
export async function benchPace(): Promise<Row[]> {
  return [
    ...(await loads([
      { ...BY_THE_SECOND, name: "60 a minute by the second too, cold workers", jobs: 30, goal: "no 429" },
      { ...BY_THE_SECOND, name: "the same, warm", jobs: 60, goal: "no 429, 1.05 x" },
      {
        ...BY_THE_SECOND,
        name: "the same, after an idle hour",
        jobs: 20,
        goal: "no 429",
        before: idleForAnHour,
      },
    ])),
    ...(await loads([byTheMinute("sliding"), byTheMinute("calendar")])),
  ];
}

function loads(all: readonly Load[]): Promise<Row[]> {
  const perMinute = 60_000 / (all[0]?.interval ?? 1000);
  return withCloud(
    { latencyMs: LATENCY_MS },
    { PROVIDER_REQUESTS_PER_MINUTE: String(perMinute), WORKER_CONCURRENCY: String(WORKERS) },
    async (cloud) => {
      const rows: Row[] = [];
      for (const load of all) rows.push(await measure(load, cloud));
      return rows;
    },
  );
}

async function measure(load: Load, cloud: BenchCloud): Promise<Row> {
  const { name, jobs, interval, windows, goal, before } = load;
  await before?.(cloud);
  await cloud.simulator.settings({ requestsPerMinute: 100_000, quotas: [...windows] });
  const putBack = cloud.proxy.counts().get("SQS.ChangeMessageVisibility") ?? 0;
  for (let first = 0; first < jobs; first += CALLERS)
    await Promise.all(
      Array.from({ length: Math.min(CALLERS, jobs - first) }, (_, i) =>
        cloud.create(`${name} ${first + i}.`),
      ),
    );
  const calls = await untilPainted(cloud, name, jobs);
  const times = calls.map(({ at_ms }) => at_ms).sort((a, b) => a - b);
  const gaps = times.slice(1).map((time, index) => time - (times[index] ?? time));
  const throttled = calls.filter(({ outcome }) => outcome === "throttled").length;
  const twice = calls.filter(({ outcome }) => outcome === "painted").length - jobs;
  const own = (jobs - 1) * interval;
  const took = (times.at(-1) ?? 0) - (times[0] ?? 0);
  const receives = (cloud.proxy.counts().get("SQS.ChangeMessageVisibility") ?? 0) - putBack;
  return {
    what: `${name}, ${jobs} jobs`,
    measured: `${throttled} × 429, ${(took / own).toFixed(3)} x, gaps ${Math.min(...gaps).toFixed(0)} to ${Math.max(...gaps).toFixed(0)} ms, ${twice} paid twice, ${(receives / jobs).toFixed(1)} signs of life each`,
    beside: `the quota's own time: ${(own / 1000).toFixed(0)} s`,
    goal,
  };
}

/** Waits until the provider has painted all of them; answers its books. */
async function untilPainted(cloud: BenchCloud, name: string, jobs: number) {
  for (;;) {
    const calls = await cloud.simulator.calls(name);
    const painted = new Set(calls.filter(({ outcome }) => outcome === "painted").map(({ prompt }) => prompt));
    if (painted.size >= jobs) return calls;
    progress(`pace: ${name}: ${painted.size} of ${jobs}`);
    await sleep(2000);
  }
}
