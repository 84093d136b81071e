import { expect, test } from "vitest";
import type { Generation } from "../../../lambdas/generations/record.ts";
import { NOON, queued, submitting } from "../../support/generations.ts";
import { inMemoryGenerations } from "../../support/in-memory-stores.ts";
import { workerBench } from "../../support/worker-bench.ts";

/** A line of so many, and a message whose own generation others run: its turn belongs to the last in line. */
function crowd(length: number, claimedPerLook: number) {
  const generations = inMemoryGenerations();
  const line = Array.from({ length }, (_, index) => queued({ now: NOON - 60_000 + index }));
  const last = line.at(-1);
  if (last === undefined) throw new Error("nobody is in line");
  const own = submitting(queued(), "another");
  for (const each of [own, ...line]) generations.put(each);
  const crowded = {
    ...generations,
    /** Between the look at the line and the claim, others claim those who were seen first. */
    async firstQueued(...asked: Parameters<typeof generations.firstQueued>) {
      const seen = await generations.firstQueued(...asked);
      for (const id of seen.slice(0, claimedPerLook)) {
        const found: Generation | null = await generations.get(id);
        if (found?.state === "queued" && id !== last.id) generations.put(submitting(found, "another"));
      }
      return seen;
    },
  };
  return { bench: workerBench({ generations: crowded }), generations, own, last };
}

test("a turn that finds all whom it saw claimed by others serves whoever is behind them", async () => {
  const { bench, generations, own, last } = crowd(21, 10);
  expect(await bench.deliver(own)).toEqual({ kind: "done" });
  expect((await generations.get(last.id))?.state).toBe("succeeded");
});

test("a turn that finds nobody left at each of its looks comes back as long as somebody waits", async () => {
  const { bench, generations, own, last } = crowd(70, 10);
  expect(await bench.deliver(own)).toMatchObject({ kind: "back" });
  expect((await generations.get(last.id))?.state).toBe("queued");
});
