import { describe, expect, test } from "vitest";
import { type Generation, SCHEMA, type Submitting } from "../../../lambdas/generations/record.ts";
import { claim } from "../../../lambdas/generations/transitions/claim.ts";
import { loseAnswer } from "../../../lambdas/generations/transitions/lose-answer.ts";
import { cancel } from "../../../lambdas/generations/transitions/queued.ts";
import { remove } from "../../../lambdas/generations/transitions/remove.ts";
import { findPicture } from "../../../lambdas/painting/find-picture.ts";
import { settleLateAnswer } from "../../../lambdas/painting/late-answer.ts";
import { submit } from "../../../lambdas/painting/submit.ts";
import { NOON, PRICE, painted, queued, SOURCE_URL, submitting } from "../../support/generations.ts";
import { accepted, type Bench, callerRefused, workerBench } from "../../support/worker-bench.ts";

const SECOND = 1000;
const fox = (body = {}) => queued({ body: { prompt: "fox", ...body } });
const answer = {
  requestId: "request-1",
  sourceUrl: SOURCE_URL,
  sourceExpiresAt: NOON + 86_400_000,
  width: 1664,
  height: 928,
};

/** The table refuses to write answers for so long, from the first try on. */
function refusing(bench: Bench, milliseconds: number): void {
  const { save } = bench.generations;
  let end: number | null = null;
  Object.assign(bench.generations, {
    save: async (next: Generation) => {
      if (next.state === "submitting") return save(next);
      end ??= bench.now + milliseconds;
      if (bench.now < end) throw new Error("the table refuses");
      return save(next);
    },
  });
}

describe("while the table refuses", () => {
  test.each([10, 60, 250])("for %i s, the answer is written when it does not any more", async (seconds) => {
    const bench = workerBench();
    const generation = fox();
    bench.put(generation);
    refusing(bench, seconds * SECOND);
    await bench.deliver(generation);
    expect(bench.record(generation)).toMatchObject({ state: "succeeded" });
    expect(bench.asked).toEqual(["fox"]);
  });

  test("for a minute, a refusal of the provider is no unknown outcome", async () => {
    const bench = workerBench();
    const generation = fox();
    bench.put(generation);
    bench.answers.push(callerRefused);
    refusing(bench, 60 * SECOND);
    await bench.deliver(generation);
    expect(bench.record(generation)).toMatchObject({ state: "failed", error: { code: "provider_rejected" } });
  });

  test("for longer than the lease, the answer lies beside it, and the next delivery finds it", async () => {
    const bench = workerBench();
    const generation = fox({ on_unknown_outcome: "retry" });
    bench.put(generation);
    refusing(bench, 500 * SECOND);
    await expect(bench.deliver(generation)).rejects.toThrow("the table refuses");
    expect(bench.record(generation).state).toBe("submitting");
    expect(bench.kept.size).toBe(1);
    bench.now = NOON + 600 * SECOND;
    await bench.deliver(generation);
    expect(bench.record(generation)).toMatchObject({ state: "succeeded", request_id: "request-1" });
    expect(bench.asked).toEqual(["fox"]);
  });

  test("and the bucket too, nothing is thrown away while the lease lasts", async () => {
    const bench = workerBench();
    const generation = fox();
    bench.put(generation);
    bench.dependencies.answers.keepAccepted = () => Promise.reject(new Error("the bucket refuses"));
    refusing(bench, 60 * SECOND);
    await bench.deliver(generation);
    expect(bench.record(generation).state).toBe("succeeded");
  });
});

describe("after the lease", () => {
  test("a bucket that does not say makes no outcome unknown: the message comes back", async () => {
    const bench = workerBench();
    const generation = submitting(fox());
    bench.put(generation);
    bench.dependencies.answers.accepted = () => Promise.reject(new Error("SlowDown"));
    bench.now = NOON + 397 * SECOND;
    await expect(bench.deliver(generation)).rejects.toThrow("SlowDown");
    expect(bench.record(generation).state).toBe("submitting");
  });
});

describe("an answer that comes after its call was taken for lost", () => {
  const lost = (from: Submitting) =>
    loseAnswer(from, { now: NOON + SECOND, notBefore: NOON + 400 * SECOND, detail: "lost" });
  const settle = (bench: Bench, from: Submitting) => settleLateAnswer(from, answer, bench.dependencies);

  test("tells a failed generation's owner that it was charged, and keeps the picture", async () => {
    const bench = workerBench();
    const from = submitting(fox());
    bench.put(lost(from));
    await settle(bench, from);
    const key = `generations/${from.id}.png`;
    expect(bench.images.stored.has(key)).toBe(true);
    const record = bench.record(from);
    expect(record).toMatchObject({
      state: "failed",
      completed_at: new Date(NOON + SECOND).toISOString(),
      error: { code: "upstream_outcome_unknown", billed: "yes" },
    });
    expect(record).toHaveProperty("error.message", expect.stringMatching(`^lost The answer came.* ${key}`));
    expect(record.history.map(({ event }) => event)).toContain("late_answer");
  });

  test("is kept beside the table where a newer version has written the record", async () => {
    const generation = fox();
    const bench = workerBench({
      submit: async () => {
        const claimed = bench.record(generation);
        bench.put({ ...claimed, version: claimed.version + 1, schema: SCHEMA + 1 });
        return accepted;
      },
    });
    bench.put(generation);
    await expect(bench.deliver(generation)).rejects.toThrow("newer version");
    expect([...bench.kept.values()]).toMatchObject([{ sourceUrl: accepted.sourceUrl }]);
  });

  test("is what a worker makes of its own checkpoint that is refused", async () => {
    const generation = fox();
    const bench = workerBench({
      submit: async () => {
        const claimed = bench.record(generation);
        if (claimed.state === "submitting") bench.put(lost(claimed));
        return accepted;
      },
    });
    bench.put(generation);
    await bench.deliver(generation);
    expect(bench.record(generation)).toMatchObject({ state: "failed", error: { billed: "yes" } });
    expect(bench.images.stored.size).toBe(1);
  });

  test("keeps what a budget has reserved", async () => {
    const bench = workerBench();
    const from = { ...submitting(fox()), reserved: 75_000 };
    bench.put(lost(from));
    await settle(bench, from);
    expect(bench.record(from).reserved).toBe(75_000);
  });

  test("is fetched for a generation that is queued again: nothing is bought a second time", async () => {
    const bench = workerBench();
    const from = submitting(fox({ on_unknown_outcome: "retry" }));
    bench.put(lost(from));
    expect(await settle(bench, from)).toEqual({ kind: "done" });
    expect(bench.record(from)).toMatchObject({
      state: "succeeded",
      outcome_lost: false,
      warnings: [],
      attempts: 1,
    });
    expect(bench.asked).toEqual([]);
  });

  test("says of a canceled generation that it was charged", async () => {
    const bench = workerBench();
    const from = submitting(fox({ on_unknown_outcome: "retry" }));
    const again = lost(from);
    if (again.state !== "queued") throw new Error("not queued");
    bench.put(cancel(again, NOON + 2 * SECOND));
    await settle(bench, from);
    expect(bench.record(from)).toMatchObject({ state: "canceled", billed: "yes" });
  });

  test("waits for another call that is under way, and tells that two were charged", async () => {
    const bench = workerBench();
    const from = submitting(fox({ on_unknown_outcome: "retry" }));
    const again = lost(from);
    if (again.state !== "queued") throw new Error("not queued");
    const by = { now: NOON + 400 * SECOND, leaseSeconds: 330, turn: again.id, region: "sg", price: PRICE };
    const second = claim(again, by);
    bench.put(second);
    const calls = { refusedId: null, healthyAt: 0, throttleLevel: 0 };
    const slot = {
      kind: "slot" as const,
      number: 2,
      at: 0,
      probe: false,
      moved: 0,
      overtaken: 0,
      asOf: 0,
      ...calls,
    };
    bench.dependencies.generations.get = async () => {
      const record = bench.record(from);
      // The other worker ends between two looks.
      if (record.state === "submitting" && bench.now > NOON + 5 * SECOND)
        await submit(
          second,
          { slot, apiKey: "key", looking: findPicture(second, bench.dependencies) },
          bench.dependencies,
        );
      return bench.record(from);
    };
    await settle(bench, from);
    const record = bench.record(from);
    expect(record).toMatchObject({ state: "succeeded", attempts: 2 });
    expect(record.warnings).toContainEqual(
      expect.stringMatching("Another call was charged too.*unverified/"),
    );
  });

  test("brings no picture back that its owner has removed", async () => {
    const bench = workerBench();
    const from = submitting(fox());
    const failed = lost(from);
    if (failed.state !== "failed") throw new Error("not failed");
    bench.put(remove(failed, NOON + 2 * SECOND));
    await settle(bench, from);
    expect(bench.images.stored.size).toBe(0);
    expect(bench.record(from)).toMatchObject({ error: { billed: "yes" } });
  });

  test("is no late one when an earlier write of it arrived", async () => {
    const bench = workerBench();
    const from = submitting(fox());
    bench.put(painted(from));
    expect(await settle(bench, from)).toEqual({ kind: "back", at: NOON });
    expect(bench.record(from).history.map(({ event }) => event)).not.toContain("late_answer");
  });
});
