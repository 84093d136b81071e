import { setTimeout as sleep } from "node:timers/promises";
import ora from "ora";
import { type BenchCloud, withCloud } from "./cloud.ts";

/** A quota, as the simulator enforces it (a sliding window), and how many jobs are thrown at it. */
interface Load {
  readonly name: string;
  readonly jobs: number;
  readonly perWindow: number;
  readonly windowSeconds: number;
  readonly latencyMs: number;
  readonly workers: number;
}

/** Callers at once, each with one job after the other: they share the machine's two cores with the service. */
const CALLERS = 4;

/** What came of it. */
interface Row {
  readonly load: string;
  readonly jobs: number;
  readonly "quota's own time (s)": string;
  readonly "wall time (s)": string;
  readonly ratio: string;
  /** From the first call to the last, over as many of the quota's intervals: the pace as the provider sees it. */
  readonly "pace ratio": string;
  readonly "largest gap (s)": string;
  readonly "429": number;
  readonly duplicates: number;
  readonly lost: number;
  readonly "receives per job": string;
}

/** The loads of issue and docs: a generous quota, the real one ten times faster, and a long line. */
const LOADS: readonly Load[] = [
  { name: "60 a minute", jobs: 200, perWindow: 60, windowSeconds: 60, latencyMs: 2000, workers: 10 },
  {
    name: "2 a minute, 10 times faster",
    jobs: 200,
    perWindow: 2,
    windowSeconds: 6,
    latencyMs: 2000,
    workers: 10,
  },
  {
    name: "1,000 queued, 300 a minute",
    jobs: 1000,
    perWindow: 300,
    windowSeconds: 60,
    latencyMs: 500,
    workers: 10,
  },
];

/**
 * Throws jobs at the deployed service while the simulator enforces a quota, and compares the wall time with the
 * quota's own: jobs over rate, and one latency for the last of them.
 */
export async function benchPace(only?: string): Promise<Row[]> {
  const rows: Row[] = [];
  for (const load of LOADS.filter(({ name }) => name.includes(only ?? ""))) rows.push(await run(load));
  return rows;
}

function run(load: Load): Promise<Row> {
  const { perWindow, windowSeconds, latencyMs, workers } = load;
  const spinner = ora(`${load.name}: deploying`).start();
  return withCloud(
    { requestsPerMinute: perWindow, windowSeconds, latencyMs },
    {
      PROVIDER_REQUESTS_PER_MINUTE: String((perWindow * 60) / windowSeconds),
      WORKER_CONCURRENCY: String(workers),
    },
    async (cloud) => {
      const row = await measure(load, cloud, (done) => {
        spinner.text = `${load.name}: ${done} of ${load.jobs} painted`;
      });
      spinner.succeed(`${load.name}: ${row.ratio} of the quota's own time`);
      return row;
    },
  );
}

async function measure(load: Load, cloud: BenchCloud, progress: (done: number) => void): Promise<Row> {
  const { jobs, perWindow, windowSeconds, latencyMs } = load;
  await warmUp(cloud, load.workers);
  const started = Date.now();
  for (let first = 0; first < jobs; first += CALLERS)
    await Promise.all(
      Array.from({ length: Math.min(CALLERS, jobs - first) }, (_, i) =>
        cloud.create(`bench job ${first + i}.`),
      ),
    );
  const ended = await untilEnded(jobs + load.workers, cloud, progress);
  const calls = await cloud.simulator.calls("bench job");
  const painted = calls.filter(({ outcome }) => outcome === "painted");
  const ideal = ((jobs - 1) * windowSeconds * 1000) / perWindow + latencyMs;
  const wall = ended.at - started;
  const times = calls.map(({ at_ms }) => at_ms).sort((a, b) => a - b);
  const gaps = times.slice(1).map((time, index) => time - (times[index] ?? time));
  const span = gaps.reduce((sum, gap) => sum + gap, 0);
  const putBack = cloud.proxy.counts().get("SQS.ChangeMessageVisibility") ?? 0;
  return {
    load: load.name,
    jobs,
    "quota's own time (s)": (ideal / 1000).toFixed(1),
    "wall time (s)": (wall / 1000).toFixed(1),
    ratio: (wall / ideal).toFixed(3),
    "pace ratio": (span / ((calls.length - 1) * ((windowSeconds * 1000) / perWindow))).toFixed(3),
    "largest gap (s)": (Math.max(...gaps) / 1000).toFixed(2),
    "429": calls.filter(({ outcome }) => outcome === "throttled").length,
    duplicates: painted.length - new Set(painted.map(({ prompt }) => prompt)).size,
    lost: jobs + load.workers - ended.succeeded, // those that warmed up succeeded too
    "receives per job": ((jobs + putBack) / jobs).toFixed(2),
  };
}

/** A picture by each worker before the clock starts: cold starts are no matter of pace. */
async function warmUp(cloud: BenchCloud, workers: number): Promise<void> {
  for (let worker = 0; worker < workers; worker++) await cloud.create(`warming up ${worker}`);
  await untilEnded(workers, cloud, () => {});
}

/** Waits until nothing is queued or running; tells when, and how many succeeded. */
async function untilEnded(jobs: number, cloud: BenchCloud, progress: (done: number) => void) {
  for (;;) {
    const [open, succeeded] = await Promise.all([
      Promise.all([count(cloud, "queued", 1), count(cloud, "running", 1)]),
      cloud.simulator
        .calls("bench job")
        .then((calls) => calls.filter(({ outcome }) => outcome === "painted").length),
    ]);
    progress(succeeded);
    if (open.every((number) => number === 0))
      return { at: Date.now(), succeeded: await count(cloud, "succeeded", jobs) };
    await sleep(500);
  }
}

/** How many generations have a status, up to about `enough`. */
async function count(cloud: BenchCloud, status: string, enough: number): Promise<number> {
  let total = 0;
  let after: string | null = null;
  do {
    const query = new URLSearchParams({ status, limit: "100", ...(after !== null && { after }) });
    const page = (await (await cloud.call(`/generations?${query}`)).json()) as {
      data: unknown[];
      next_cursor: string | null;
    };
    total += page.data.length;
    after = page.next_cursor;
  } while (after !== null && total < enough);
  return total;
}
