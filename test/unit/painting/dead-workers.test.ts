import { describe, expect, test } from "vitest";
import { play } from "../../support/world/play.ts";
import { calm, job, type PortFault } from "../../support/world/scenario.ts";

const NOTICED_MS = 90_000;
const crash = (call: PortFault["call"]): PortFault => ({ call, nth: 0, kind: "crash before" });
const diesAt = (events: readonly string[]) => secondsOf(events.find((event) => event.includes("DIES")));
const secondsOf = (event = "") => Number.parseFloat(event);

describe("in virtual time", () => {
  test("a worker that dies during its call is told of within 90 s", async () => {
    const { generations, events, violations } = await play({
      ...calm,
      jobs: [job()],
      faults: [crash("answer")],
    });
    expect(violations).toEqual([]);
    expect(generations).toMatchObject([{ state: "failed", error: { code: "upstream_outcome_unknown" } }]);
    const told = secondsOf(events.find((event) => event.includes("submitting → failed")));
    expect(told - diesAt(events)).toBeLessThan(NOTICED_MS / 1000);
  });

  test("the picture of a worker that dies during its download is stored within 90 s", async () => {
    const scenario = { ...calm, jobs: [job()], faults: [crash("download")] };
    const { generations, events, violations } = await play(scenario);
    expect(violations).toEqual([]);
    expect(generations).toMatchObject([{ state: "succeeded" }]);
    const stored = secondsOf(events.find((event) => event.includes("painted → succeeded")));
    expect(stored - diesAt(events)).toBeLessThan(NOTICED_MS / 1000);
  });

  test("a caller who chose retry is told at once, and a second picture is bought only after the lease", async () => {
    const scenario = { ...calm, jobs: [job({ policy: "retry" })], faults: [crash("answer")] };
    const { generations, events, submissions, violations } = await play(scenario);
    expect(violations).toEqual([]);
    expect(generations).toMatchObject([{ state: "succeeded" }]);
    const told = secondsOf(events.find((event) => event.includes("submitting → queued")));
    expect(told - diesAt(events)).toBeLessThan(NOTICED_MS / 1000);
    const [first, second] = submissions.map(({ at }) => at);
    expect((second ?? 0) - (first ?? 0)).toBeGreaterThan(330_000);
  });

  test("a message that is delivered twice never ends a call whose worker lives", async () => {
    for (let seed = 0; seed < 20; seed++) {
      const duplicates = Array.from({ length: 30 }, (_, number) => number);
      const scenario = { ...calm, seed, jobs: [job()], duplicates };
      const { generations, signals, submissions, violations } = await play(scenario);
      expect(violations).toEqual([]);
      expect(generations).toMatchObject([{ state: "succeeded" }]);
      expect(submissions).toHaveLength(1);
      expect(signals).not.toContain("OutcomeUnknown");
    }
  });

  test("signs of life that fail do not end it either", async () => {
    const faults = Array.from(
      { length: 30 },
      (_, nth): PortFault => ({ call: "hold", nth, kind: "error before" }),
    );
    for (let seed = 0; seed < 10; seed++) {
      const { generations, violations } = await play({
        ...calm,
        seed,
        jobs: [job()],
        faults,
        duplicates: [0],
      });
      expect(violations).toEqual([]);
      expect(generations).toMatchObject([{ state: "succeeded" }]);
    }
  });
});
