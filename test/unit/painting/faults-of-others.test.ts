import { describe, expect, test } from "vitest";
import { billedOf } from "../../../lambdas/generations/billed.ts";
import { paceOf } from "../../../lambdas/pacing/pace.ts";
import { play } from "../../support/world/play.ts";
import { calm, job } from "../../support/world/scenario.ts";

const MINUTE = 60_000;
const jobs = (count: number) => Array.from({ length: count }, () => job());

describe("a prompt that the provider always refuses as if the account were at fault", () => {
  test.each([0, 7, 20])(
    "as number %i of 21: the others are painted, and it ends within three refusals",
    async (poison) => {
      for (const fault of ["permission", "money"] as const) {
        const scenario = { ...calm, jobs: jobs(21), poison: { job: poison, fault } };
        const { violations, generations, submissions, signals } = await play(scenario);
        expect(violations).toEqual([]);
        const ends = generations.map(({ state }) => state);
        expect(ends.filter((state) => state === "succeeded")).toHaveLength(20);
        expect(generations[poison]).toMatchObject({
          state: "failed",
          error: { code: "provider_misconfigured", billed: "no" },
        });
        expect(submissions.filter((call) => call.job === poison)).toHaveLength(3);
        expect(signals.filter((name) => name === "ProviderPaused")).toHaveLength(1);
      }
    },
  );

  test("holds nobody up for long", async () => {
    const scenario = { ...calm, jobs: jobs(20), poison: { job: 0, fault: "model" } as const };
    const alone = await play({ ...calm, jobs: jobs(20) });
    const { duration } = await play(scenario);
    // Its three calls, and one pause until a probe.
    expect(duration - alone.duration).toBeLessThan(5 * MINUTE);
  });
});

describe("a provider that is out of order", () => {
  test.each(["lost, not painted", "failed, always", "not sent"] as const)(
    "%s, for ten minutes: of 300 queued a handful is spent, the others are painted",
    async (fault) => {
      const outage = { from: 5 * MINUTE, minutes: 10, fault };
      const { violations, generations, submissions, signals } = await play({
        ...calm,
        jobs: jobs(300),
        outage,
      });
      expect(violations).toEqual([]);
      const spent = generations.filter(({ state }) => state !== "succeeded");
      expect(spent.length).toBeLessThanOrEqual(fault === "lost, not painted" ? 7 : 0);
      expect(submissions.filter(({ kind }) => kind === fault).length).toBeLessThanOrEqual(7);
      expect(submissions.filter(({ painted }) => painted)).toHaveLength(300 - spent.length);
      expect(generations.filter((each) => billedOf(each) === "unknown").length).toBe(spent.length);
      expect(signals).toContain("ProviderOutage");
    },
    60_000,
  );
});

describe("a quota that is set too high", () => {
  test.each([600, 20, 4])(
    "%i a minute, and two in truth: every picture is painted, at about the true pace",
    async (set) => {
      const scenario = { ...calm, jobs: jobs(60), pace: paceOf(set, 1), workers: 20, realQuota: 2 };
      const { violations, generations, submissions, duration, signals } = await play(scenario);
      expect(violations).toEqual([]);
      expect(generations.filter(({ state }) => state === "succeeded")).toHaveLength(60);
      expect(submissions.filter(({ painted }) => painted)).toHaveLength(60);
      const ideal = 30 * MINUTE;
      expect(duration / ideal).toBeLessThan(1.45);
      if (set === 600) expect(signals).toContain("ProviderThrottledLong");
    },
    60_000,
  );
});

describe("a table that refuses every call", () => {
  test.each([1, 4, 10])("for %i minutes loses no picture, and buys none twice", async (minutes) => {
    const tableRefuses = { from: 20_000, minutes };
    const scenario = { ...calm, jobs: jobs(10), pace: paceOf(20, 1), workers: 10, tableRefuses };
    const { violations, generations, submissions } = await play(scenario);
    expect(violations).toEqual([]);
    expect(generations.filter(({ state }) => state === "succeeded")).toHaveLength(10);
    expect(submissions).toHaveLength(10);
  });
});
