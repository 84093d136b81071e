import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { billedOf } from "../../../lambdas/generations/billed.ts";
import { paceOf } from "../../../lambdas/pacing/pace.ts";
import { play } from "../../support/world/play.ts";
import {
  type AnswerKind,
  calm,
  type DownloadKind,
  type Job,
  job,
  PORT_CALLS,
  type PortFault,
  type QuotaWindow,
  type Scenario,
} from "../../support/world/scenario.ts";
import { STRANGE_ANSWERS } from "../../support/world/strange-answer.ts";

const MINUTE = 60_000;

/** FAST_CHECK_RUNS and FAST_CHECK_SEED let a person dig deeper, and repeat what was found. */
const RUNS = Number(process.env.FAST_CHECK_RUNS ?? 1);
const SEED = process.env.FAST_CHECK_SEED === undefined ? 20_261_122 : Number(process.env.FAST_CHECK_SEED);

const jobs = (changes: { policy?: fc.Arbitrary<Job["policy"]> } = {}): fc.Arbitrary<Job> =>
  fc.record({
    at: fc.integer({ min: 0, max: 5 * MINUTE }),
    lane: fc.constantFrom("interactive", "batch"),
    policy: changes.policy ?? fc.constantFrom("fail", "fail", "retry"),
    deadlineSeconds: fc.constantFrom(5, 60, 600, 3600, 7200),
    cancelAt: fc.option(fc.integer({ min: 0, max: 20 * MINUTE }), { freq: 4 }),
    readAt: fc.option(fc.integer({ min: 0, max: 60 * MINUTE }), { freq: 4 }),
    removeAt: fc.option(fc.integer({ min: 0, max: 60 * MINUTE }), { freq: 4 }),
  });

const faultOf = (calls: readonly PortFault["call"][], most: number): fc.Arbitrary<PortFault> =>
  fc.record({
    call: fc.constantFrom(...calls),
    nth: fc.nat(most),
    kind: fc.constantFrom("crash before", "crash after", "error before", "error after"),
  });

/** Faults everywhere; those at the calls that matter most come more often. */
const faults = fc.array(
  fc.oneof(
    faultOf(["ask", "answer", "download", "put image"], 5),
    faultOf(["save"], 20),
    faultOf(PORT_CALLS, 30),
  ),
  { maxLength: 6 },
);

const usualAnswers: fc.Arbitrary<AnswerKind> = fc.constantFrom(
  "accepted",
  "throttled",
  "failed, once",
  "failed, twice",
  "failed, always",
  "not sent",
  "content",
  "caller",
  "lost, painted",
  "lost, not painted",
  "hung, painted",
);

const answers = fc.oneof(
  { weight: 3, arbitrary: usualAnswers },
  { weight: 2, arbitrary: fc.constantFrom(...STRANGE_ANSWERS) },
);

const downloads: fc.Arbitrary<DownloadKind> = fc.constantFrom(
  "ok",
  "gone",
  "transfer failed",
  "invalid",
  "wrong size",
  "bucket refuses",
  "bucket lies",
);

const storms: fc.Arbitrary<Scenario> = fc.record({
  jobs: fc.array(jobs(), { minLength: 1, maxLength: 5 }),
  faults,
  answers: fc.array(answers, { maxLength: 6 }),
  downloads: fc.array(downloads, { maxLength: 6 }),
  duplicates: fc.array(fc.nat(15), { maxLength: 4 }),
  lostMessages: fc.array(fc.nat(4), { maxLength: 1 }),
  lostEnds: fc.array(fc.nat(4), { maxLength: 1 }),
  outage: fc.option(
    fc.record({
      from: fc.integer({ min: 0, max: 3 * MINUTE }),
      minutes: fc.integer({ min: 1, max: 15 }),
      fault: fc.constantFrom(
        "key",
        "permission",
        "money",
        "model",
        "failed, always",
        "lost, not painted",
        "not sent",
      ),
    }),
    { freq: 3 },
  ),
  tableRefuses: fc.option(
    fc.record({ from: fc.integer({ min: 0, max: 10 * MINUTE }), minutes: fc.integer({ min: 1, max: 12 }) }),
    { freq: 4 },
  ),
  poison: fc.option(
    fc.record({ job: fc.nat(4), fault: fc.constantFrom("key", "permission", "money", "model") }),
    { freq: 5 },
  ),
  realQuota: fc.oneof({ weight: 4, arbitrary: fc.constant(null) }, fc.integer({ min: 1, max: 4 })),
  keyRotatedAt: fc.option(fc.integer({ min: 0, max: 3 * MINUTE }), { freq: 3 }),
  hostAllowedAt: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, fc.integer({ min: 0, max: 50 * MINUTE })),
  storageDead: fc.oneof({ weight: 9, arbitrary: fc.constant(false) }, fc.constant(true)),
  jumps: fc.oneof(
    { weight: 4, arbitrary: fc.constant([]) },
    fc.array(
      fc.record({
        at: fc.integer({ min: 0, max: 10 * MINUTE }),
        by: fc.oneof(fc.integer({ min: -5000, max: 5000 }), fc.integer({ min: 0, max: 20 * MINUTE })),
      }),
      { minLength: 1, maxLength: 2 },
    ),
  ),
  workers: fc.integer({ min: 1, max: 4 }),
  slowest: fc.constant(400),
  windows: fc.constant([]),
  coldStart: fc.constantFrom(0, 0, 1000),
  pace: fc.record({
    interval: fc.constantFrom(paceOf(120, 1).interval, 5000, 30_450),
    burst: fc.integer({ min: 1, max: 3 }),
  }),
  sourceLifetimeMinutes: fc.constant(60),
  seed: fc.integer({ min: 0, max: 2 ** 31 }),
});

async function holds(scenario: Scenario): Promise<void> {
  const { violations, events } = await play(scenario);
  if (violations.length > 0) throw new Error(`${violations.join("\n")}\n\n${events.join("\n")}`);
}

describe("whatever crashes, fails, repeats or is late", () => {
  test("one charge per intent, no paid image lost, honest ends, the provider's pace", async () => {
    await fc.assert(fc.asyncProperty(storms, holds), { numRuns: 400 * RUNS, seed: SEED });
  }, 300_000);

  test("each strange answer with a picture is painted once and stored; the one without is kept", async () => {
    const jobs = STRANGE_ANSWERS.map(() => job());
    const { violations, generations, submissions } = await play({ ...calm, jobs, answers: STRANGE_ANSWERS });
    expect(violations).toEqual([]);
    expect(submissions).toHaveLength(jobs.length);
    const others = generations.filter(({ state }) => state !== "succeeded");
    expect(others).toMatchObject([
      { state: "failed", error: { billed: "unknown", message: expect.stringContaining("kept as answers/") } },
    ]);
  });

  test("a crash at every single call of a life: before it and after it", async () => {
    for (const call of PORT_CALLS)
      for (let nth = 0; nth < 12; nth++)
        for (const kind of ["crash before", "crash after", "error before", "error after"] as const) {
          const scenario = {
            ...calm,
            jobs: [job({ deadlineSeconds: 3600 }), job({ lane: "batch", deadlineSeconds: 3600, at: 2000 })],
            faults: [{ call, nth, kind }],
          };
          await holds(scenario);
        }
  }, 300_000);
});

describe("the line", () => {
  const quiet = fc.record({
    jobs: fc.array(
      fc.record({
        at: fc.integer({ min: 0, max: 10 * MINUTE }),
        lane: fc.constantFrom("interactive", "batch"),
        cancelAt: fc.option(fc.integer({ min: 0, max: 20 * MINUTE }), { freq: 5 }),
      }),
      { minLength: 2, maxLength: 40 },
    ),
    duplicates: fc.array(fc.nat(80), { maxLength: 4 }),
    workers: fc.integer({ min: 2, max: 5 }),
    seed: fc.integer({ min: 0, max: 2 ** 31 }),
  });

  test("interactive goes first, batch gets every fourth slot, each lane in order", async () => {
    await fc.assert(
      fc.asyncProperty(quiet, async ({ jobs, ...rest }) => {
        const scenario = { ...calm, ...rest, jobs: jobs.map((changes) => job(changes)) };
        await holds(scenario);
        const { submissions, generations, events } = await play(scenario);
        const left = new Set(jobs.keys());
        const say = (what: string) => `${what}\n${events.join("\n")}`;
        for (const { job: chosen, at, lane, slotNumber } of submissions) {
          // In line for a while, and not canceled: a record in the index before this slot came.
          const waiting = [...left].filter((index) => {
            const generation = generations[index];
            if (generation === undefined || index === chosen || generation.state !== "succeeded")
              return false;
            return Date.parse(generation.created_at) < at - 1000;
          });
          left.delete(chosen);
          const others = waiting.filter((index) => jobs[index]?.lane !== lane);
          const goesFirst = slotNumber % 4 === 0 ? "batch" : "interactive";
          if (lane !== goesFirst) expect(others, say(`slot ${slotNumber} goes to ${chosen}`)).toEqual([]);
          const created = Date.parse(generations[chosen]?.created_at ?? "");
          const longer = waiting.filter(
            (index) =>
              jobs[index]?.lane === lane && Date.parse(generations[index]?.created_at ?? "") < created - 1,
          );
          expect(longer, say(`${chosen} overtakes in its lane`)).toEqual([]);
        }
      }),
      { numRuns: 60 * RUNS, seed: SEED },
    );
  }, 120_000);
});

describe("processes that are slow now and then", () => {
  test("the line moves behind a call that leaves late: the provider never counts one too many", async () => {
    const slow = fc.record({
      slowest: fc.integer({ min: 1000, max: 10_000 }),
      workers: fc.integer({ min: 2, max: 5 }),
      seed: fc.integer({ min: 0, max: 2 ** 31 }),
    });
    const jobs = Array.from({ length: 30 }, () => job());
    await fc.assert(
      fc.asyncProperty(slow, async (rest) => holds({ ...calm, ...rest, jobs })),
      { numRuns: 40 * RUNS, seed: SEED },
    );
  }, 60_000);
});

describe("a provider that counts in several windows", () => {
  const SECOND = { requests: 1, milliseconds: 1000, by: "sliding" } as const;
  const perMinute = (requests: number, by: QuotaWindow["by"]) => ({ requests, milliseconds: MINUTE, by });
  /** So many jobs at once, and as many again when all workers have gone cold. */
  const twice = (each: number) =>
    Array.from({ length: 2 * each }, (_, index) => job({ at: index < each ? 0 : 3 * 60 * MINUTE }));
  /** From the first call to the last of each half, over the quota's own time. */
  const ratios = (submissions: readonly { job: number; at: number }[], each: number, own: number) =>
    [0, 1].map((half) => {
      const times = submissions.filter((call) => Math.floor(call.job / each) === half).map(({ at }) => at);
      return (Math.max(...times) - Math.min(...times)) / ((each - 1) * own);
    });

  test.each([
    { workers: "warm", coldStart: 0 },
    { workers: "cold, and cold again after idle hours", coldStart: 1000 },
  ])(
    "60 a minute, by the second too, workers $workers: no 429 of ours",
    async ({ coldStart }) => {
      for (const seed of [1, 2, 3]) {
        const { violations, submissions } = await play({
          ...calm,
          jobs: twice(60),
          pace: paceOf(60, 1),
          windows: [SECOND, perMinute(60, "sliding"), perMinute(60, "calendar")],
          workers: 60,
          coldStart,
          seed,
        });
        expect(violations).toEqual([]);
        expect(submissions.filter(({ kind }) => kind === "throttled")).toEqual([]);
        for (const ratio of ratios(submissions, 60, 1000)) expect(ratio).toBeLessThan(1.06);
      }
    },
    60_000,
  );

  test.each(["sliding", "calendar"] as const)(
    "2 a minute, by the %s minute: no 429 of ours, within 3 % of the quota's own time",
    async (by) => {
      for (const seed of [1, 2, 3]) {
        const { violations, submissions } = await play({
          ...calm,
          jobs: twice(40),
          windows: [perMinute(2, by)],
          coldStart: 1000,
          seed,
        });
        expect(violations).toEqual([]);
        expect(submissions.filter(({ kind }) => kind === "throttled")).toEqual([]);
        for (const ratio of ratios(submissions, 40, 30_000)) expect(ratio).toBeLessThan(1.03);
      }
    },
    60_000,
  );
});

describe("a table that is slow now and then", () => {
  test("costs no quota: three in a hundred calls up to 1.5 s late, at 60 a minute", async () => {
    const pace = paceOf(60, 1);
    const jobs = Array.from({ length: 180 }, () => job());
    const { violations, duration } = await play({ ...calm, jobs, pace, workers: 60, slowest: 1500 });
    expect(violations).toEqual([]);
    // The last picture takes up to a minute by itself.
    expect((duration - 60_000) / (179 * pace.interval)).toBeLessThan(1.04);
  }, 60_000);
});

describe("a thousand queued", () => {
  const thousand = Array.from({ length: 1000 }, () => job());

  test("at most three receives for each, and within 3 % of the quota's own time", async () => {
    const { violations, submissions, receives, duration } = await play({ ...calm, jobs: thousand });
    expect(violations).toEqual([]);
    expect(submissions).toHaveLength(1000);
    expect(receives / 1000).toBeLessThanOrEqual(3);
    expect(duration / (999 * 30_000)).toBeLessThan(1.03);
  }, 60_000);

  test("a hundred canceled in the middle leave no slot idle", async () => {
    const jobs = Array.from({ length: 300 }, (_, index) =>
      job(index % 3 === 1 ? { cancelAt: 20 * MINUTE } : { lane: index % 2 === 0 ? "batch" : "interactive" }),
    );
    const { violations, submissions, generations } = await play({ ...calm, jobs });
    expect(violations).toEqual([]);
    expect(generations.filter((generation) => billedOf(generation) === "yes")).toHaveLength(
      submissions.length,
    );
    const gaps = submissions.slice(1).map(({ at }, index) => at - (submissions[index]?.at ?? 0));
    expect(Math.max(...gaps)).toBeLessThan(1.1 * calm.pace.interval);
  }, 60_000);
});
