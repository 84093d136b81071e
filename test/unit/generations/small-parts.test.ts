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
import { parseCancelAfter } from "../../../lambdas/platform/duration.ts";
import { GENERATION_ID, idForKey, randomId } from "../../../lambdas/platform/ids.ts";

describe("Cancel-After", () => {
  test.each([
    ["5", 5],
    ["300", 300],
    ["30s", 30],
    ["5m", 300],
    ["1h30m", 5400],
    ["1h30m5s", 5405],
    ["2h", 7200],
    [" 90s ", 90],
    ["168h", 604_800],
    ["604800", 604_800],
  ])("%j is %i seconds", (value, seconds) => {
    expect(parseCancelAfter(value)).toBe(seconds);
  });

  test.each([
    "",
    " ",
    "4",
    "4s",
    "0",
    "-5",
    "+5",
    "5 m",
    "5.5m",
    "1e3",
    "30S",
    "5d",
    "m",
    "1m1h",
    "30s5m",
    "5m5m",
    "169h",
    "604801",
    "9999999",
    "٣٠s",
    "NaN",
    "Infinity",
    "5s\n5s",
  ])("%j is refused, with a pointer to the header", (value) => {
    expect(() => parseCancelAfter(value)).toThrow(
      expect.objectContaining({
        code: "invalid_request",
        extras: expect.objectContaining({
          errors: [
            { pointer: "#/headers/cancel-after", detail: expect.stringContaining("must be a duration") },
          ],
        }),
      }),
    );
  });

  test("whatever else comes is a number of seconds or a refusal", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[0-9hms]{0,12}$/)), (value) => {
        try {
          const seconds = parseCancelAfter(value);
          expect(seconds).toBeGreaterThanOrEqual(5);
          expect(seconds).toBeLessThanOrEqual(604_800);
        } catch (error) {
          expect(error).toHaveProperty("code", "invalid_request");
        }
      }),
    );
  });
});

describe("ids", () => {
  test("owner and key decide the id", () => {
    expect(idForKey("owner", "key")).toBe(idForKey("owner", "key"));
    expect(idForKey("owner", "key")).not.toBe(idForKey("other", "key"));
    expect(idForKey("a", "bc")).not.toBe(idForKey("ab", "c"));
  });

  test("an id once given to a key stays: callers and records depend on it", () => {
    expect(idForKey("owner", "key")).toBe(KNOWN_ID);
  });

  test("all look alike, and none repeats", () => {
    const ids = Array.from({ length: 2000 }, randomId);
    expect(ids.every((id) => GENERATION_ID.test(id))).toBe(true);
    expect(new Set(ids).size).toBe(2000);
    fc.assert(
      fc.property(fc.string(), fc.string(), (owner, key) => GENERATION_ID.test(idForKey(owner, key))),
    );
  });
});

const KNOWN_ID = "gen_2k5xwg34j12vthx18t1t4q4jv4";

describe("the pace", () => {
  const two = paceOf(2, 1);

  test("leaves a little more than the quota's own interval", () => {
    expect(two.interval).toBeGreaterThan(30_000);
    expect(two.interval).toBeLessThan(30_000 * 1.03);
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
    expect(throttlePause(two, () => 0)).toBeGreaterThanOrEqual(30_000);
    expect(throttlePause(two, () => 0.999)).toBeLessThan(61_000);
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
