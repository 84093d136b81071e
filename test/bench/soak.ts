import { createHash, randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import ora from "ora";
import type { GenerationView } from "../../lambdas/generations/view.ts";
import type { Call } from "../support/dashscope-simulator/calls.ts";
import { strangeNames } from "../support/dashscope-simulator/strange-answers.ts";
import { processesOf } from "../support/fault-proxy/client.ts";
import { type BenchCloud, withCloud } from "./cloud.ts";
import { allGenerations } from "./list.ts";
import type { Row } from "./row.ts";

/** What came of it. The last four but `unknown` are 0 where the promises hold. */
interface Outcome {
  readonly requests: number;
  readonly accepted: number;
  readonly kills: number;
  readonly calls: number;
  readonly painted: number;
  readonly "paid twice": number;
  readonly lost: number;
  readonly unknown: number;
  readonly open: number;
}

/** Callers at once: the emulator starts a process for each request at the same moment. */
const CALLERS = 4;
const LATENCY_MS = 1000;
const ROW_REQUESTS = 20;
/** A worker that dies is noticed within 90 seconds; a retry, an estimate or the reconciler may come on top. */
const PATIENCE_MS = 15 * 60_000;

/**
 * Sends requests, each twice with one key, while workers are killed at random and the provider resets one call of
 * twenty, throttles one and answers one in a strange shape. Then holds what the service says against the provider's
 * own books and the bytes in the bucket.
 */
export function soak(requests: number): Promise<Outcome> {
  const spinner = ora("soak: deploying").start();
  return withCloud(
    { latencyMs: LATENCY_MS, requestsPerMinute: 100_000 },
    { PROVIDER_REQUESTS_PER_MINUTE: "240", WORKER_CONCURRENCY: "8" },
    async (cloud) => {
      const killer = killAtRandom(cloud);
      const ids = new Set<string>();
      for (let first = 0; first < requests; first += CALLERS) {
        const some = Array.from({ length: Math.min(CALLERS, requests - first) }, (_, each) => first + each);
        for (const id of await Promise.all(some.map((number) => create(number, cloud))))
          if (id !== null) ids.add(id);
        spinner.text = `soak: ${ids.size} of ${requests} accepted`;
      }
      await untilEnded(cloud, killer.calm, (open) => {
        spinner.text = `soak: ${open} are open`;
      });
      const row = { requests, accepted: ids.size, kills: await killer.stop(), ...(await reckon(cloud)) };
      spinner.succeed(`soak: ${row.painted} of ${row.accepted} painted`);
      return row;
    },
  );
}

/** A short one, as a row of the table. */
export async function benchSoak(): Promise<Row[]> {
  const outcome = await soak(ROW_REQUESTS);
  const { kills, painted, lost, unknown, open } = outcome;
  return [
    {
      what: `${ROW_REQUESTS} requests, workers killed and the provider misbehaving`,
      measured: `${kills} killed; ${painted} painted, ${unknown} told as unknown, ${outcome["paid twice"]} paid twice, ${lost} lost, ${open} still open`,
      beside: "",
      goal: "0 paid twice, lost or open",
    },
  ];
}

/** Whether an outcome breaks a promise. */
export function isBroken({ open, lost, "paid twice": twice }: Outcome): boolean {
  return open + lost + twice > 0;
}

/** The id of the generation; null where neither of its two requests was accepted. */
async function create(number: number, { call }: BenchCloud): Promise<string | null> {
  const headers = { prefer: "respond-async", "idempotency-key": randomUUID() };
  const body = JSON.stringify({ prompt: `soak ${number}. ${faultOf(number)}` });
  let id: string | null = null;
  for (let time = 0; time < 2; time++) {
    const answer = (await (await call("/generations", { method: "POST", headers, body })).json()) as {
      id?: string;
    };
    if (id !== null && answer.id !== undefined && answer.id !== id)
      throw new Error("one key, two generations");
    id ??= answer.id ?? null;
  }
  return id;
}

/** Three of twenty requests meet a fault of the provider's. */
function faultOf(number: number): string {
  const turn = Math.floor(number / 20);
  switch (number % 20) {
    case 3:
      return turn % 2 === 0 ? "[[fault:reset]]" : "[[fault:reset-before]]";
    case 9:
      return "[[fault:throttle-once]]";
    case 15:
      return `[[answer:${strangeNames[turn % strangeNames.length]}]]`;
    default:
      return "";
  }
}

/** Kills a worker every few seconds. `calm` ends that, so that what is left can be seen to its end. */
function killAtRandom({ proxy }: BenchCloud) {
  let isOn = true;
  let kills = 0;
  const killing = (async () => {
    while (isOn) {
      await sleep(1000 + Math.random() * 4000);
      const pids = await processesOf(proxy.url, "worker");
      const pid = pids[Math.floor(Math.random() * pids.length)];
      if (!isOn || pid === undefined) continue;
      try {
        process.kill(pid, "SIGKILL");
        kills++;
      } catch {
        // It has ended by itself.
      }
    }
  })();
  const calm = () => {
    isOn = false;
  };
  return {
    calm,
    async stop() {
      calm();
      await killing;
      return kills;
    },
  };
}

/** Until nothing is open; the killing ends when a quarter is left. */
async function untilEnded(
  cloud: BenchCloud,
  calm: () => void,
  progress: (open: number) => void,
): Promise<void> {
  const end = Date.now() + PATIENCE_MS;
  while (Date.now() < end) {
    const all = await allGenerations(cloud);
    const open = all.filter(isOpen).length;
    progress(open);
    if (open === 0) return;
    if (open < all.length / 4) calm();
    await sleep(3000);
  }
}

function isOpen({ status }: GenerationView): boolean {
  return status === "queued" || status === "running";
}

/** The service's words against the provider's books. */
async function reckon(cloud: BenchCloud) {
  const calls = await cloud.simulator.calls("soak ");
  const all = await allGenerations(cloud);
  const paidFor = (generation: GenerationView) =>
    calls.filter(({ prompt, billed }) => billed && prompt === generation.input?.prompt);
  const lost = await Promise.all(all.map(async (each) => !(await isTrue(each, paidFor(each)))));
  return {
    calls: calls.length,
    painted: all.filter(({ status }) => status === "succeeded").length,
    "paid twice": all.filter((each) => paidFor(each).length > 1).length,
    lost: lost.filter(Boolean).length,
    unknown: all.filter(({ error }) => error?.code === "upstream_outcome_unknown").length,
    open: all.filter(isOpen).length,
  };
}

/** Whether a picture that was paid for is in the bucket, byte by byte; or its outcome is told as unknown. */
async function isTrue({ image, usage, provenance }: GenerationView, paid: readonly Call[]): Promise<boolean> {
  if (image === null) return usage.billed === "unknown" || (usage.billed === "no" && paid.length === 0);
  const bytes = Buffer.from(await (await fetch(image.url)).arrayBuffer());
  return (
    createHash("sha256").update(bytes).digest("hex") === image.sha256 &&
    paid.some(({ image_sha256 }) => image_sha256 === provenance?.source_sha256)
  );
}
