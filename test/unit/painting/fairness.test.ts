import { describe, expect, test } from "vitest";
import { estimateStart } from "../../../lambdas/generations/start-estimate.ts";
import { MINUTE, NOON, queued } from "../../support/generations.ts";
import { workerBench } from "../../support/worker-bench.ts";

/** A hundred that one owner has posted at once; each knows how many of them wait already. */
function hundred(lane: "interactive" | "batch" = "interactive") {
  return Array.from({ length: 100 }, (_, ahead) =>
    queued({ owner: "many", ahead, lane, now: NOON + ahead, body: { prompt: `many ${ahead}` } }),
  );
}

const single = (now: number, lane: "interactive" | "batch" = "interactive") =>
  queued({ owner: "one", lane, now, body: { prompt: "the one" } });

describe.each(["interactive", "batch"] as const)("a hundred waiting %s pictures of one owner", (lane) => {
  test("do not hold up another owner's one, whenever it comes", async () => {
    for (const minutes of [0, 10, 40]) {
      const bench = workerBench();
      const many = hundred(lane);
      bench.put(...many);
      while (bench.now < NOON + minutes * MINUTE) {
        await bench.deliver(many[0]!);
        bench.now += 30_450;
      }
      const one = single(bench.now, lane);
      bench.put(one);
      const before = bench.asked.length;
      for (let turn = 0; turn < 3; turn++) {
        await bench.deliver(many[99]!);
        bench.now += 30_450;
      }
      expect(bench.asked.slice(before)).toContain("the one");
    }
  });

  test("use every slot that nobody else wants, in their order", async () => {
    const bench = workerBench();
    const many = hundred(lane);
    bench.put(...many);
    for (let turn = 0; turn < 110; turn++) {
      await bench.deliver(many[99]!);
      bench.now += 30_450;
    }
    expect(bench.asked).toEqual(many.map(({ input }) => input?.prompt));
  });
});

test("the start of another owner's one is estimated for its own place", async () => {
  const bench = workerBench();
  bench.put(...hundred());
  bench.now = NOON + 1000;
  const needs = { generations: bench.generations, pacerOf: () => bench.pacer, now: () => bench.now };
  const [one, last] = [single(bench.now), queued({ owner: "many", ahead: 100, now: bench.now })];
  const { startsAt } = await estimateStart(one, needs);
  expect(Date.parse(startsAt ?? "") - bench.now).toBeLessThan(2 * MINUTE);
  const its = await estimateStart(last, needs);
  expect(Date.parse(its.startsAt ?? "") - bench.now).toBeGreaterThan(5 * MINUTE);
});
