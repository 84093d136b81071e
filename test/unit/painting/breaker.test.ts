import { describe, expect, test } from "vitest";
import { timestamp } from "../../../lambdas/platform/clock.ts";
import { misconfigured } from "../../../lambdas/providers/dashscope/error-table.ts";
import type { Rejected } from "../../../lambdas/providers/port.ts";
import { MINUTE, NOON, queued } from "../../support/generations.ts";
import {
  accepted,
  type Bench,
  failed,
  lost,
  operatorFault,
  throttled,
  workerBench,
} from "../../support/worker-bench.ts";

const fox = () => queued({ body: { prompt: "fox" } });
const owl = (wish = {}) => queued({ body: { prompt: "owl" }, ...wish });

/** Delivers its message as often as it comes back; how often that was. */
async function deliverUntilDone(bench: Bench, generation: { readonly id: string }): Promise<number> {
  for (let deliveries = 1; deliveries <= 500; deliveries++) {
    const disposition = await bench.deliver(generation);
    if (disposition.kind === "done") return deliveries;
    bench.now = Math.max(bench.now + 1, disposition.at);
  }
  throw new Error("it never ends");
}

describe("a throttle", () => {
  test("throttles cost time and no tries: twenty of them, then a failure, and it is painted", async () => {
    const bench = workerBench();
    const generation = fox();
    bench.put(generation);
    bench.answers.push(...Array.from({ length: 20 }, () => throttled), failed("once"));
    const dispositions = await deliverUntilDone(bench, generation);
    expect(bench.asked).toHaveLength(22);
    expect(bench.record(generation)).toMatchObject({ state: "succeeded", attempts: 2 });
    expect(dispositions).toBeLessThan(60);
    expect(bench.signals).toContain("ProviderThrottledLong");
  });

  test("throttled until its deadline, it expires unbilled", async () => {
    const bench = workerBench();
    const generation = queued({ deadlineSeconds: 600 });
    bench.put(generation);
    bench.answers.push(...Array.from({ length: 40 }, () => throttled));
    await deliverUntilDone(bench, generation);
    expect(bench.record(generation)).toMatchObject({
      state: "expired",
      error: { code: "deadline_exceeded", billed: "no" },
    });
  });
});

describe("one that is refused or fails for its own sake, and a fault that is everybody's", () => {
  test("a prompt that is always refused stops nobody: a probe asks another, and then the fault is its own", async () => {
    const prompts: string[] = [];
    const bench = workerBench({
      submit: async ({ prompt }) => {
        prompts.push(prompt);
        return prompt === "fox" ? operatorFault("permission") : accepted;
      },
    });
    const [poison, good] = [fox(), owl({ now: NOON + 1 })];
    bench.put(poison, good);
    await bench.deliver(poison);
    bench.now = NOON + MINUTE;
    // The message names the refused one, and gives its turn to the other.
    await bench.deliver(poison);
    expect(prompts).toEqual(["fox", "owl"]);
    expect(await bench.pacer.status()).toMatchObject({ paused: null });
    await deliverUntilDone(bench, poison);
    expect(prompts).toEqual(["fox", "owl", "fox", "fox"]);
    expect(bench.signals).toEqual(["ProviderPaused"]);
    expect(bench.record(poison)).toMatchObject({
      state: "failed",
      error: { code: "provider_misconfigured", billed: "no" },
    });
  });

  test("a refusal that only its HTTP status tells of pauses nobody before a second one, and ends as the prompt's", async () => {
    const status: Rejected = { ...operatorFault("permission"), ...misconfigured("permission", "status") };
    const bench = workerBench({
      submit: async ({ prompt }) => (prompt === "fox" ? status : accepted),
    });
    const [poison, good] = [fox(), owl({ now: NOON + 1 })];
    bench.put(poison, good);
    bench.now = NOON + 1000;
    await bench.deliver(poison);
    expect(await bench.pacer.status()).toMatchObject({ paused: null });
    bench.now = NOON + MINUTE;
    await bench.deliver(good);
    await deliverUntilDone(bench, poison);
    expect(bench.signals).toEqual([]);
    expect(bench.record(poison)).toMatchObject({
      state: "failed",
      error: { code: "provider_rejected", billed: "no" },
    });
    expect(bench.record(good).state).toBe("succeeded");
  });

  test("alone with a wrong key, a generation stays queued until its deadline, however often it is refused", async () => {
    const bench = workerBench({ submit: async () => operatorFault("key") });
    const generation = queued({ deadlineSeconds: 1800 });
    bench.put(generation);
    await deliverUntilDone(bench, generation);
    expect(bench.record(generation)).toMatchObject({ state: "expired", own_refusals: 0 });
  });

  test("a probe passes over the one that was refused last, although it is first in line", async () => {
    const bench = workerBench();
    const [refused, other] = [fox(), owl({ now: NOON + 1 })];
    bench.put(refused, other);
    await bench.pacer.pause("money", { id: refused.id, proof: "code" });
    bench.now = NOON + 61_000;
    await bench.deliver(refused);
    expect(bench.asked).toEqual(["owl"]);
  });

  test("behind the next ten in line, and not behind a backlog: the place of one that was refused", async () => {
    const bench = workerBench();
    const refused = fox();
    const line = Array.from({ length: 15 }, (_, index) => owl({ now: NOON + 1 + index }));
    bench.put(refused, ...line);
    bench.now = NOON + 1000;
    bench.answers.push(operatorFault("money"));
    await bench.deliver(refused);
    expect(bench.record(refused)).toMatchObject({ place_at: timestamp(NOON + 11) });
  });

  test("three generations that fail in a row are an outage: the others wait for a probe, less and less often", async () => {
    const bench = workerBench({
      submit: async ({ prompt }) => {
        bench.asked.push(prompt);
        return lost;
      },
    });
    const line = Array.from({ length: 20 }, (_, index) => owl({ now: NOON + index }));
    bench.put(...line);
    for (const each of line.slice(0, 3)) {
      await bench.deliver(each);
      bench.now += 31_000;
    }
    expect(await bench.pacer.status()).toMatchObject({ paused: "outage" });
    const times: number[] = [];
    for (let minute = 0; minute < 20; minute++) {
      const before = bench.asked.length;
      await bench.deliver(line[19]!);
      if (bench.asked.length > before) times.push(bench.now);
      bench.now = Math.max(bench.now, bench.dependencies.now()) + MINUTE;
    }
    const gaps = times.slice(1).map((at, index) => Math.round((at - times[index]!) / MINUTE));
    expect(gaps.slice(0, 3)).toEqual([2, 4, 5]);
    expect(bench.signals).toContain("ProviderOutage");
  });

  test("one generation that fails time and again is no outage", async () => {
    const bench = workerBench();
    const generation = fox();
    bench.put(generation);
    bench.answers.push(...Array.from({ length: 7 }, () => failed("always")));
    await deliverUntilDone(bench, generation);
    expect(bench.record(generation).state).toBe("succeeded");
    expect(bench.signals).toEqual([]);
  });
});
