import { describe, expect, test } from "vitest";
import { estimateStart } from "../../../lambdas/generations/start-estimate.ts";
import { paceOf } from "../../../lambdas/pacing/pace.ts";
import { timestamp } from "../../../lambdas/platform/clock.ts";
import { NOON, queued } from "../../support/generations.ts";
import { inMemoryPacer } from "../../support/in-memory-stores.ts";

const PATIENCE_MS = 10_000;
const SECOND = 1000;

/**
 * A queue in which one call has just left, workers hold the next slots as far as their patience goes, and `ahead`
 * interactive generations are in line before the one that is asked about.
 */
async function queue({ perMinute = 60, held = 0, ahead = 0 } = {}) {
  const clock = { now: NOON };
  const pace = paceOf(perMinute, 1);
  const pacer = inMemoryPacer(pace, () => clock.now);
  for (let slots = 0; slots <= held; slots++) await pacer.take(PATIENCE_MS);
  clock.now += 100;
  const line = Array.from({ length: ahead }, (_, index) => `gen_${index}`);
  return {
    clock,
    pacer,
    interval: pace.interval,
    ask: (generation = queued()) =>
      estimateStart(generation, {
        generations: { firstQueued: async () => [...line, generation.id] },
        pacerOf: () => pacer,
        now: () => clock.now,
      }),
  };
}

describe("a queued generation is likely to start", () => {
  test.each([
    // Every fourth slot is left to batch work.
    { held: 0, ahead: 0, slot: 1 },
    { held: 0, ahead: 2, slot: 3 },
    { held: 0, ahead: 3, slot: 5 },
    { held: 1, ahead: 0, slot: 1 },
    { held: 5, ahead: 0, slot: 1 },
    { held: 5, ahead: 1, slot: 2 },
    { held: 5, ahead: 4, slot: 6 },
    { held: 5, ahead: 7, slot: 10 },
    { held: 9, ahead: 9, slot: 13 },
  ])("at slot $slot, with $ahead ahead, wherever workers hold $held slots", async ({ slot, ...state }) => {
    const { ask, interval, clock } = await queue(state);
    const { startsAt, retryAfterSeconds } = await ask();
    const start = Math.floor(NOON + slot * interval);
    expect(startsAt).toBe(timestamp(start));
    expect(retryAfterSeconds).toBe(Math.ceil((start - clock.now) / SECOND) + 1);
  });

  test("at the one slot that a worker waits for, where the pace is slow", async () => {
    const { ask, clock, pacer, interval } = await queue({ perMinute: 2 });
    clock.now = NOON + interval - 9 * SECOND;
    await pacer.take(PATIENCE_MS);
    expect((await ask()).startsAt).toBe(timestamp(NOON + interval));
  });

  test("after the provider is to be left alone, not before", async () => {
    const { ask, pacer } = await queue({ held: 5 });
    await pacer.holdOff(NOON + 40 * SECOND);
    expect((await ask()).startsAt).toBe(timestamp(NOON + 40 * SECOND));
  });

  test("in the batch lane by its appointment, and once that has passed by the slot that its message holds", async () => {
    const { ask, interval } = await queue({ held: 5 });
    const batch = queued({ lane: "batch" });
    const at = (appointment: number) => ask({ ...batch, appointment_at: timestamp(appointment) });
    expect((await at(NOON + 60 * SECOND)).startsAt).toBe(timestamp(NOON + 60 * SECOND));
    expect((await at(NOON - SECOND)).startsAt).toBe(timestamp(NOON + interval));
  });
});
