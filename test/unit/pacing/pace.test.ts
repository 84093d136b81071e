import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { lanesInOrder } from "../../../lambdas/pacing/lanes.ts";
import {
  arrivalAfter,
  fetchDelay,
  nextSlot,
  paceOf,
  retryDelay,
  throttlePause,
} from "../../../lambdas/pacing/pace.ts";

describe("the pace", () => {
  const two = paceOf(2, 1);

  test("leaves a little more than the quota's own interval", () => {
    expect(two.interval).toBeGreaterThan(30_000);
    expect(two.interval).toBeLessThan(30_000 * 1.03);
  });

  test("leaves 40 ms of a second at least, as jitter does not shrink with the interval", () => {
    expect([60, 120, 600].map((quota) => paceOf(quota, 1).interval)).toEqual([1040, 520, 104]);
    expect(paceOf(30, 1).interval).toBe(2040);
    expect(paceOf(20, 1).interval).toBeCloseTo(3045);
  });

  test("an idle account is served at once, a busy one an interval later", () => {
    expect(nextSlot(0, 1_000_000, two)).toBe(1_000_000);
    expect(nextSlot(arrivalAfter(0, 1_000_000, two), 1_000_000, two)).toBe(1_000_000 + two.interval);
  });

  test("never more than the burst and one per interval, in any window, whenever they are asked for", () => {
    const pace = fc.record({
      interval: fc.integer({ min: 1, max: 60_000 }),
      burst: fc.integer({ min: 1, max: 5 }),
    });
    const pauses = fc.array(fc.integer({ min: 0, max: 120_000 }), { minLength: 2, maxLength: 40 });
    fc.assert(
      fc.property(pace, pauses, (pace, pauses) => {
        let now = 1_000_000;
        let arrival = 0;
        const slots = pauses.map((pause) => {
          now += pause;
          const slot = nextSlot(arrival, now, pace);
          arrival = arrivalAfter(arrival, slot, pace);
          return slot;
        });
        slots.slice(pace.burst).forEach((slot, index) => {
          expect(slot - slots[index]!).toBeGreaterThanOrEqual(pace.interval - 0.001);
        });
      }),
    );
  });

  test("no slot is left idle: those who ask too early get the very next ones", () => {
    let arrival = 0;
    const slots = Array.from({ length: 10 }, () => {
      const slot = nextSlot(arrival, 1000, two);
      arrival = arrivalAfter(arrival, slot, two);
      return slot;
    });
    expect(slots).toEqual(Array.from({ length: 10 }, (_, index) => 1000 + index * two.interval));
  });

  test("every fourth slot is for batch work first, the others for people", () => {
    const first = Array.from({ length: 8 }, (_, index) => lanesInOrder(index + 1)[0]);
    const people = "interactive";
    expect(first).toEqual([people, people, people, "batch", people, people, people, "batch"]);
  });

  test("a throttle holds off for 30 to 61 seconds at two a minute", () => {
    expect(throttlePause(two, 0, () => 0)).toBeGreaterThanOrEqual(30_000);
    expect(throttlePause(two, 0, () => 0.999)).toBeLessThan(61_000);
  });

  test("throttles in a row hold off twice as long each, up to a minute, however fast the pace is set", () => {
    const fast = paceOf(600, 1);
    const pauses = [0, 1, 2, 8, 9, 20].map((level) => throttlePause(fast, level, () => 0));
    expect(pauses.slice(0, 3)).toEqual([1, 2, 4].map((times) => times * fast.interval));
    expect(pauses.slice(3).map(Math.floor)).toEqual([26_624, 53_248, 60_000]);
  });

  test("retries wait longer each time, ten minutes at most", () => {
    const delays = [1, 2, 3, 4, 5, 6, 7, 8].map((attempt) => retryDelay(attempt, two, () => 0));
    expect(delays.slice(0, 4)).toEqual([1, 2, 4, 8].map((times) => times * two.interval));
    expect(Math.max(...delays)).toBe(600_000);
  });

  test("fetches wait longer each time, half an hour at most", () => {
    expect(fetchDelay(0, two, () => 1)).toBe(5000);
    expect(fetchDelay(3, two, () => 1)).toBe(40_000);
    expect(fetchDelay(1000, two, () => 1)).toBe(1_800_000);
    expect(fetchDelay(0, paceOf(600, 1), () => 0)).toBe(500);
  });
});
