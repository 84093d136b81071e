import { describe, expect, test } from "vitest";
import { type Generation, SCHEMA } from "../../../lambdas/generations/record.ts";
import { cancel, revive } from "../../../lambdas/generations/transitions/queued.ts";
import { deliver } from "../../../lambdas/painting/turn.ts";
import { timestamp } from "../../../lambdas/platform/clock.ts";
import type { Submission } from "../../../lambdas/providers/port.ts";
import { HOUR, MINUTE, NOON, painted, queued, submitting, succeeded } from "../../support/generations.ts";
import {
  accepted,
  callerRefused,
  contentRefused,
  failed,
  lost,
  operatorFault,
  throttled,
  workerBench,
} from "../../support/worker-bench.ts";

const DONE = { kind: "done" };
const fox = (body = {}) => queued({ body: { prompt: "fox", ...body } });
const owl = (wish = {}) => queued({ body: { prompt: "owl" }, ...wish });

describe("a delivery", () => {
  test("paints once, stores, and ends", async () => {
    const bench = workerBench();
    const generation = fox();
    bench.put(generation);

    expect(await bench.deliver(generation)).toEqual(DONE);

    expect(bench.record(generation)).toMatchObject({
      state: "succeeded",
      attempts: 1,
      request_id: "request-1",
    });
    expect(bench.asked).toEqual(["fox"]);
    expect(bench.images.stored.size).toBe(1);
  });

  test("of a message whose generation has ended asks for nothing", async () => {
    const bench = workerBench();
    const generation = succeeded();
    bench.put(generation);
    expect(await bench.deliver(generation)).toEqual(DONE);
    expect(bench.asked).toEqual([]);
  });

  test("of a message for nobody is done", async () => {
    expect(await workerBench().deliver({ id: queued().id })).toEqual(DONE);
  });

  test("the claim is in the table when the provider is asked, with its lease", async () => {
    const generation = fox();
    const bench = workerBench({
      submit: async () => {
        expect(bench.record(generation)).toMatchObject({
          state: "submitting",
          lease_until: "2026-11-22T12:05:30.000Z",
        });
        return accepted;
      },
    });
    bench.put(generation);
    await bench.deliver(generation);
    expect.assertions(1);
  });

  test("the checkpoint is in the table when the first byte is fetched", async () => {
    const generation = fox();
    const bench = workerBench({
      download: async () => {
        expect(bench.record(generation).state).toBe("painted");
        return { kind: "gone", status: 404 };
      },
    });
    bench.put(generation);
    await bench.deliver(generation);
    expect.assertions(3);
  });
});

describe("redelivered", () => {
  test("during the lease, a message asks whether the worker lives, and does not paint twice", async () => {
    const bench = workerBench();
    const generation = submitting();
    bench.put(generation);
    expect(await bench.deliver(generation)).toEqual({ kind: "back", at: NOON + 25_000 });
    expect(bench.record(generation)).toMatchObject({ state: "submitting", version: generation.version });
    expect(bench.asked).toEqual([]);
  });

  test("a worker that answers in time goes on, however often it is asked", async () => {
    const bench = workerBench();
    const generation = submitting();
    bench.put(generation);
    for (bench.now = NOON; bench.now < NOON + 390_000; bench.now += 25_000) {
      await bench.deliver(generation);
      expect(bench.record(generation)).toMatchObject({ state: "submitting" });
      await bench.generations.answerInquiry(generation);
    }
    expect(bench.signals).toEqual([]);
  });

  test("a worker that does not answer is dead: fail is told at once", async () => {
    const bench = workerBench();
    const generation = submitting();
    bench.put(generation);
    await bench.deliver(generation);
    bench.now = NOON + 24_999;
    expect(await bench.deliver(generation)).toEqual({ kind: "back", at: NOON + 25_000 });
    bench.now = NOON + 25_000;
    await bench.deliver(generation);
    expect(bench.record(generation)).toMatchObject({
      state: "failed",
      error: { code: "upstream_outcome_unknown", billed: "unknown" },
    });
  });

  test("a worker that does not answer is dead: retry is told at once, and buys nothing before the lease ends", async () => {
    const bench = workerBench();
    const generation = submitting(fox({ on_unknown_outcome: "retry" }));
    bench.put(generation);
    await bench.deliver(generation);
    bench.now = NOON + 25_000;
    expect(await bench.deliver(generation)).toEqual({ kind: "back", at: NOON + 396_000 });
    expect(bench.record(generation)).toMatchObject({
      state: "queued",
      not_before: timestamp(NOON + 396_000),
      waiting: { reason: "provider_unavailable" },
    });
    expect(bench.asked).toEqual([]);
  });

  test("after the lease, the outcome is unknown: fail ends it", async () => {
    const bench = workerBench();
    const generation = submitting();
    bench.put(generation);
    bench.now = NOON + 397_000;
    await bench.deliver(generation);
    expect(bench.record(generation)).toMatchObject({
      state: "failed",
      error: { code: "upstream_outcome_unknown", billed: "unknown" },
    });
    expect(bench.asked).toEqual([]);
    expect(bench.signals).toEqual(["OutcomeUnknown"]);
  });

  test("after the lease, the outcome is unknown: retry queues it again, later", async () => {
    const bench = workerBench();
    const generation = submitting(fox({ on_unknown_outcome: "retry" }));
    bench.put(generation);
    bench.now = NOON + 397_000;
    const disposition = await bench.deliver(generation);
    expect(disposition.kind).toBe("back");
    expect(bench.record(generation)).toMatchObject({ state: "queued", outcome_lost: true, attempts: 1 });
    expect(bench.asked).toEqual([]);
  });

  test("after the checkpoint, it resumes at the download", async () => {
    const bench = workerBench();
    const generation = painted();
    bench.put(generation);
    expect(await bench.deliver(generation)).toEqual(DONE);
    expect(bench.record(generation).state).toBe("succeeded");
    expect(bench.asked).toEqual([]);
  });

  test("it finishes the other generation that it lent its turn to", async () => {
    const bench = workerBench();
    const lender = { ...fox(), turn_for: "" };
    const borrower = painted(submitting(owl(), lender.id));
    bench.put({ ...lender, turn_for: borrower.id }, borrower);
    expect(await bench.deliver(lender)).toEqual(DONE);
    expect(bench.record(borrower).state).toBe("succeeded");
    expect(bench.record(lender).state).toBe("queued");
  });

  test("an unreadable generation that it lent its turn to does not hold it up", async () => {
    const bench = workerBench();
    const borrower = submitting();
    const lender = { ...fox(), turn_for: borrower.id };
    bench.put(lender, borrower);
    bench.generations.corrupt(borrower.id);
    await bench.deliver(lender);
    expect(bench.signals).toContain("PoisonMessage");
    expect(bench.asked).toEqual(["fox"]);
  });

  test("a message does not finish what another message runs", async () => {
    const bench = workerBench();
    const generation = painted(submitting(fox(), owl().id));
    bench.put(generation);
    expect(await bench.deliver(generation)).toEqual(DONE);
    expect(bench.downloaded).toEqual([]);
  });

  test("a checkpoint that was written although its answer was lost is found again", async () => {
    const bench = workerBench();
    const generation = fox();
    bench.put(generation);
    const { save } = bench.generations;
    let lostOnce = false;
    Object.assign(bench.generations, {
      save: async (next: Parameters<typeof save>[0]) => {
        const saved = await save(next);
        if (next.state !== "painted" || lostOnce) return saved;
        lostOnce = true;
        throw new Error("the answer of the table is lost");
      },
    });
    expect(await bench.deliver(generation)).toEqual(DONE);
    expect(bench.record(generation).state).toBe("succeeded");
    expect(bench.asked).toEqual(["fox"]);
  });
});

describe("the line", () => {
  test("a turn goes to whoever waits longest, not to the one its message names", async () => {
    const bench = workerBench();
    const [first, second] = [owl(), { ...fox(), not_before: "2026-11-22T12:00:00.001Z" }];
    bench.put(first, second);
    bench.now = NOON + 1000;
    await bench.deliver(second);
    expect(bench.asked).toEqual(["owl"]);
    expect(bench.record(second)).toMatchObject({ state: "queued", turn_for: first.id });
  });

  test("who gives a turn away takes the other's in exchange", async () => {
    const bench = workerBench();
    const first = { ...owl(), appointment_at: "2026-11-22T12:10:00.000Z" };
    const second = { ...fox(), not_before: "2026-11-22T12:00:00.001Z" };
    bench.put(first, second);
    bench.now = NOON + 1000;
    await bench.deliver(second);
    expect(bench.record(second)).toMatchObject({ appointment_at: "2026-11-22T12:10:00.000Z", version: 1 });
    expect(await bench.generations.due(NOON + 24 * MINUTE)).toEqual([]);
    expect(await bench.generations.due(NOON + 26 * MINUTE)).toEqual([second.id]);
  });

  test("a canceled generation's turn goes to another", async () => {
    const bench = workerBench();
    const [gone, waiting] = [cancel(fox(), NOON), owl()];
    bench.put(gone, waiting);
    await bench.deliver(gone);
    expect(bench.asked).toEqual(["owl"]);
    expect(bench.record(waiting).state).toBe("succeeded");
  });

  test("a canceled generation's message takes no slot when nobody waits", async () => {
    const bench = workerBench();
    const gone = cancel(fox(), NOON);
    bench.put(gone);
    expect(await bench.deliver(gone)).toEqual(DONE);
    expect(await bench.pacer.take(0)).toMatchObject({ kind: "slot", number: 1 });
  });

  test("an unreadable record leaves the line, and the next one goes", async () => {
    const bench = workerBench();
    const [broken, waiting] = [owl({ now: NOON - 1000 }), fox()];
    bench.put(broken, waiting);
    bench.generations.corrupt(broken.id);
    await bench.deliver(waiting);
    expect(bench.asked).toEqual(["fox"]);
    expect(bench.signals).toEqual(["PoisonMessage"]);
    expect(await bench.generations.firstQueued("interactive", "qwen-image-max", NOON + HOUR)).toEqual([]);
  });

  test("a record of a newer version is passed over and left alone, and the next one goes", async () => {
    const bench = workerBench();
    const [newer, waiting] = [owl({ now: NOON - 1000 }), fox()];
    bench.put(waiting, { ...newer, schema: SCHEMA + 1 });
    const before = structuredClone(bench.generations.table.items.get(`generation#${newer.id}`));
    await bench.deliver(waiting);
    expect(bench.asked).toEqual(["fox"]);
    expect(bench.signals).toEqual([]);
    expect(bench.generations.table.items.get(`generation#${newer.id}`)).toEqual(before);
  });

  test("an overdue one expires instead of taking the slot", async () => {
    const bench = workerBench();
    const [late, waiting] = [owl({ now: NOON - 6000, deadlineSeconds: 5 }), fox()];
    bench.put(late, waiting);
    await bench.deliver(waiting);
    expect(bench.record(late).state).toBe("expired");
    expect(bench.asked).toEqual(["fox"]);
  });

  test("a model that is offered no more ends its generation, and asks for nothing", async () => {
    const bench = workerBench({ priceOf: () => null });
    const generation = { ...fox(), model: "retired-model" };
    bench.put(generation);
    expect(await bench.deliver(generation)).toEqual(DONE);
    expect(bench.record(generation)).toMatchObject({
      state: "failed",
      error: { code: "provider_misconfigured" },
    });
    expect(bench.asked).toEqual([]);
  });

  test("whose slot is far goes back for exactly that long, and keeps its appointment", async () => {
    const bench = workerBench();
    const [first, second] = [fox(), owl()];
    bench.put(first, second);
    await bench.pacer.take(0);
    const appointment = NOON + 30_450;
    expect(await bench.deliver(first)).toEqual({ kind: "back", at: appointment - 6000 });
    expect(await bench.deliver(second)).toEqual({ kind: "back", at: appointment + 30_450 - 6000 });
    expect(await bench.deliver(first)).toEqual({ kind: "back", at: appointment - 6000 });
  });

  test("whose slot is near waits for it inside", async () => {
    const bench = workerBench({}, 8000);
    const generation = fox();
    bench.put(generation);
    await bench.pacer.take(0);
    await bench.deliver(generation);
    expect(bench.asked).toEqual(["fox"]);
    expect(bench.now).toBe(NOON + 8000);
  });

  test("a slot that a throttle voids while it is awaited is not used", async () => {
    const bench = workerBench(
      {
        sleep: async (milliseconds) => {
          bench.now += milliseconds;
          await bench.pacer.holdOff(bench.now + MINUTE);
        },
      },
      8000,
    );
    const generation = fox();
    bench.put(generation);
    await bench.pacer.take(0);
    expect(await bench.deliver(generation)).toMatchObject({ kind: "back" });
    expect(bench.asked).toEqual([]);
  });

  test("a slot that a late call moves while it is awaited is used where it is then", async () => {
    const bench = workerBench({}, 6000);
    const generation = fox();
    bench.put(generation);
    const late = await bench.pacer.take(0);
    if (late.kind !== "slot") throw new Error("no slot");
    const delivery = bench.deliver(generation);
    await bench.pacer.departed(late, NOON + 1100);
    await delivery;
    expect(bench.asked).toEqual(["fox"]);
    expect(bench.now).toBeGreaterThan(NOON + 7000);
    expect(bench.now).toBeLessThanOrEqual(NOON + 7100);
  });

  test("a slot that moves out of reach is left, and another is taken or awaited outside", async () => {
    const bench = workerBench({}, 8000);
    const generation = fox();
    bench.put(generation);
    const late = await bench.pacer.take(0);
    if (late.kind !== "slot") throw new Error("no slot");
    const delivery = bench.deliver(generation);
    await bench.pacer.departed(late, NOON + 7000);
    expect(await delivery).toMatchObject({ kind: "back" });
    expect(bench.asked).toEqual([]);
  });

  test("a call that leaves late tells the pacer, so that the provider never counts one too many", async () => {
    const bench = workerBench({
      // What comes between the slot and the call takes its time.
      priceOf: () => {
        bench.now += 2000;
        return null;
      },
    });
    const generation = fox();
    bench.put(generation);
    await bench.deliver(generation);
    expect((await bench.pacer.status()).nextSlotAt).toBeGreaterThan(NOON + 30_450 + 1700);
  });

  test("a slot that any late call would move out of the worker's patience is not taken", async () => {
    const bench = workerBench({}, 1000);
    const generation = fox();
    bench.put(generation);
    for (let taken = 1; taken <= 9; taken++) await bench.pacer.take(10_000);
    expect(await bench.deliver(generation)).toEqual({ kind: "back", at: NOON + 9000 - 6000 });
    expect(await bench.pacer.take(10_000)).toMatchObject({ number: 10 });
  });

  test("a slot that a late call moves by less than the worker's patience is not thrown away", async () => {
    const bench = workerBench({}, 1000);
    const generation = fox();
    bench.put(generation);
    const late = await bench.pacer.take(0);
    if (late.kind !== "slot") throw new Error("no slot");
    for (let taken = 1; taken <= 7; taken++) await bench.pacer.take(10_000);
    let left = false;
    const { sleep } = bench.dependencies;
    await deliver(generation.id, {
      ...bench.dependencies,
      async sleep(milliseconds) {
        if (!left) await bench.pacer.departed(late, NOON + 900);
        left = true;
        await sleep(milliseconds);
      },
    });
    expect(bench.asked).toEqual(["fox"]);
    expect(bench.now).toBeGreaterThan(NOON + 8800);
  });

  test.each([
    ["departed", accepted],
    ["worked", accepted],
    ["holdOff", throttled],
    ["pause", operatorFault("money")],
  ] as const)("an answer is written down although the pacer's %s hangs", async (verb, answer) => {
    const bench = workerBench();
    const generation = fox();
    bench.put(generation);
    bench.answers.push(answer);
    if (verb === "worked") {
      await bench.pacer.pause("key");
      bench.now += MINUTE;
    }
    const pacer = { ...bench.pacer, [verb]: () => new Promise<void>(() => {}) };
    deliver(generation.id, { ...bench.dependencies, pacerOf: () => pacer }).catch(() => {});
    await expect.poll(() => bench.asked).toEqual(["fox"]);
    await expect.poll(() => bench.record(generation).state).not.toBe("submitting");
    expect(bench.record(generation)).toMatchObject(
      answer === accepted ? { state: "succeeded" } : { outcome_lost: false },
    );
  });

  test("a table that is slow at claim and checkpoint does not make the answer look lost", async () => {
    const bench = workerBench({
      // Seven seconds to connect, 298 to paint.
      submit: async () => {
        bench.now += 305_000;
        return accepted;
      },
    });
    const generation = fox();
    bench.put(generation);
    const slow = { claim: 10_500, checkpoint: 15_500 };
    const generations = {
      ...bench.generations,
      async save(next: Generation) {
        if (next.state === "submitting") {
          const saved = await bench.generations.save(next);
          bench.now += slow.claim;
          return saved;
        }
        if (next.state === "painted" && slow.checkpoint > 0) {
          bench.now += slow.checkpoint;
          slow.checkpoint = 0;
          // A second message about it, put back until the lease is over, comes just now.
          await bench.deliver(generation);
          throw new Error("timed out");
        }
        return bench.generations.save(next);
      },
    };
    await deliver(generation.id, { ...bench.dependencies, generations });
    expect(bench.record(generation).state).toBe("succeeded");
  });

  test("one that another delivery was quicker at, and had to queue again, comes back when it may be tried again", async () => {
    const bench = workerBench();
    const generation = fox();
    bench.put(generation);
    const later = { ...generation, version: 3, attempts: 1, not_before: timestamp(NOON + MINUTE) };
    const generations = {
      ...bench.generations,
      async save(next: Generation) {
        if (next.state === "submitting") bench.put(later);
        return bench.generations.save(next);
      },
    };
    const disposition = await deliver(generation.id, { ...bench.dependencies, generations });
    expect(disposition).toEqual({ kind: "back", at: NOON + MINUTE });
    expect(bench.asked).toEqual([]);
  });

  test("its record is read once where nothing else changes it", async () => {
    const bench = workerBench();
    const generation = fox();
    bench.put(generation);
    const { get } = bench.generations;
    let reads = 0;
    const generations = {
      ...bench.generations,
      get: (id: string) => {
        reads++;
        return get(id);
      },
    };
    expect(await deliver(generation.id, { ...bench.dependencies, generations })).toEqual(DONE);
    expect(reads).toBe(1);
  });

  test("one canceled while its message waits for the slot is not painted, and the slot goes to another", async () => {
    const [canceled, other] = [fox(), owl()];
    const bench = workerBench({
      sleep: async (milliseconds) => {
        bench.now += milliseconds;
        bench.put(cancel(canceled, bench.now));
      },
    });
    bench.put(canceled, other);
    await bench.pacer.take(0);
    bench.now += 25_000;
    await bench.deliver(canceled);
    expect(bench.asked).toEqual(["owl"]);
    expect(bench.record(canceled).state).toBe("canceled");
  });

  test("one that changed while its message waits for the slot, and is queued still, uses the slot", async () => {
    const generation = fox();
    const bench = workerBench({
      sleep: async (milliseconds) => {
        bench.now += milliseconds;
        if (bench.record(generation).state === "queued") bench.put(revive(generation, bench.now));
      },
    });
    bench.put(generation);
    await bench.pacer.take(0);
    bench.now += 25_000;
    expect(await bench.deliver(generation)).toEqual(DONE);
    expect(bench.asked).toEqual(["fox"]);
    expect(bench.record(generation)).toMatchObject({ state: "succeeded", requeues: 1 });
  });

  test("the message comes back at the deadline, so that it expires in time", async () => {
    const bench = workerBench();
    const generation = queued({ deadlineSeconds: 10 });
    bench.put(generation);
    await bench.pacer.take(0);
    expect(await bench.deliver(generation)).toEqual({ kind: "back", at: NOON + 10_001 });
    bench.now = NOON + 10_001;
    await bench.deliver(generation);
    expect(bench.record(generation).state).toBe("expired");
  });

  test("a failing Secrets Manager costs neither slot nor claim", async () => {
    const providerKey = {
      get: async () => {
        throw new Error("Secrets Manager fails");
      },
      replaces: async () => false,
    };
    const bench = workerBench({ providerKey });
    const generation = fox();
    bench.put(generation);
    await expect(bench.deliver(generation)).rejects.toThrow("Secrets Manager");
    expect(bench.record(generation).state).toBe("queued");
    expect(await bench.pacer.take(0)).toMatchObject({ kind: "slot", number: 1 });
  });
});

describe("what an answer means", () => {
  test.each<[string, Submission, string]>([
    ["the provider's moderation refuses", contentRefused, "content_rejected"],
    ["the provider refuses the input", callerRefused, "provider_rejected"],
  ])("%s: the end, without a bill, in the provider's words", async (_, answer, code) => {
    const bench = workerBench();
    const generation = fox();
    bench.put(generation);
    bench.answers.push(answer);
    expect(await bench.deliver(generation)).toEqual(DONE);
    expect(bench.record(generation)).toMatchObject({
      state: "failed",
      request_id: "request-1",
      error: { code, billed: "no", message: "The provider's words.", provider: { code: "Code" } },
    });
  });

  test.each([
    ["once", 2],
    ["twice", 3],
    ["always", 8],
  ] as const)("a failure that may be asked again %s is asked %i times in all", async (retry, times) => {
    const bench = workerBench();
    const generation = fox();
    bench.put(generation);
    bench.answers.push(...Array.from({ length: 20 }, () => failed(retry)));
    for (let delivery = 0; delivery < 40; delivery++) {
      const disposition = await bench.deliver(generation);
      if (disposition.kind === "done") break;
      bench.now = Math.max(bench.now, disposition.at);
    }
    expect(bench.asked).toHaveLength(times);
    expect(bench.record(generation)).toMatchObject({
      state: "failed",
      attempts: times,
      error: { code: "provider_unavailable", billed: "no" },
    });
  });

  test("a throttle holds everybody off, and the generation comes back after it", async () => {
    const bench = workerBench({}, 30_450, 3);
    const [first, second] = [fox(), owl({ now: NOON + 1 })];
    bench.put(first, second);
    bench.answers.push(throttled);
    expect(await bench.deliver(first)).toEqual({ kind: "back", at: NOON + 30_450 });
    bench.now = NOON + 1000;
    expect((await bench.deliver(second)).kind).toBe("back");
    expect(bench.asked).toEqual(["fox"]);
    expect(bench.record(first)).toMatchObject({ state: "queued", attempts: 0 });
  });

  test("a Retry-After of the provider is obeyed", async () => {
    const bench = workerBench();
    const generation = fox();
    bench.put(generation);
    bench.answers.push({ ...throttled, retryAfterSeconds: 300 });
    expect(await bench.deliver(generation)).toEqual({ kind: "back", at: NOON + 300_000 });
    expect((await bench.pacer.status()).nextSlotAt).toBe(NOON + 300_000);
  });

  test("a lost answer is never asked again when its caller chose fail", async () => {
    const bench = workerBench();
    const generation = fox();
    bench.put(generation);
    bench.answers.push(lost);
    expect(await bench.deliver(generation)).toEqual(DONE);
    expect(await bench.deliver(generation)).toEqual(DONE);
    expect(bench.asked).toEqual(["fox"]);
    expect(bench.record(generation)).toMatchObject({
      error: { code: "upstream_outcome_unknown", billed: "unknown" },
    });
  });

  test("a lost answer is asked again when its caller chose retry", async () => {
    const bench = workerBench();
    const generation = fox({ on_unknown_outcome: "retry" });
    bench.put(generation);
    bench.answers.push(lost);
    const disposition = await bench.deliver(generation);
    bench.now = disposition.kind === "back" ? disposition.at : 0;
    expect(await bench.deliver(generation)).toEqual(DONE);
    expect(bench.asked).toEqual(["fox", "fox"]);
    expect(bench.record(generation)).toMatchObject({ state: "succeeded", outcome_lost: true });
  });

  test("an answer survives a table that fails for a while", async () => {
    const bench = workerBench();
    const generation = fox();
    bench.put(generation);
    const { save } = bench.generations;
    let failures = 5;
    Object.assign(bench.generations, {
      save: (next: Parameters<typeof save>[0]) =>
        next.state === "painted" && failures-- > 0 ? Promise.reject(new Error("throttled")) : save(next),
    });
    await bench.deliver(generation);
    expect(bench.record(generation).state).toBe("succeeded");
  });
});

describe("the breaker", () => {
  test.each(["key", "permission", "money", "model"] as const)(
    "a fault of the operator (%s) pauses the queue: the generation stays queued and unspent",
    async (fault) => {
      const bench = workerBench();
      const [first, second] = [fox(), owl({ now: NOON + 1 })];
      bench.put(first, second);
      bench.answers.push(operatorFault(fault));
      await bench.deliver(first);
      expect(bench.record(first)).toMatchObject({ state: "queued", attempts: 0 });
      expect(bench.signals).toEqual(["ProviderPaused"]);
      expect(await bench.pacer.status()).toMatchObject({ paused: fault });
      bench.now = NOON + 40_000;
      await bench.deliver(second);
      expect(bench.asked).toEqual(["fox"]);
    },
  );

  test("one call a minute finds out, and the first that is no operator's fault resumes", async () => {
    const bench = workerBench();
    const generation = fox();
    bench.put(generation);
    bench.answers.push(operatorFault("money"), operatorFault("money"), failed("always"));
    const asked: number[] = [];
    for (let delivery = 0; delivery < 12; delivery++) {
      const before = bench.asked.length;
      const disposition = await bench.deliver(generation);
      if (bench.asked.length > before) asked.push(bench.now - NOON);
      if (disposition.kind === "done") break;
      bench.now = Math.max(bench.now, disposition.at);
    }
    expect(asked.slice(0, 3)).toEqual([0, MINUTE, 2 * MINUTE]);
    expect(bench.record(generation)).toMatchObject({ state: "succeeded", attempts: 2 });
    expect(await bench.pacer.status()).toMatchObject({ paused: null });
  });

  test("the probe asks with the key that is in the secret now, not with a cached one", async () => {
    const providerKey = {
      get: async (options?: { readonly fresh: boolean }) => (options?.fresh ? "mended-key" : "cached-key"),
      replaces: async () => false,
    };
    const bench = workerBench({ providerKey });
    const generation = fox();
    bench.put(generation);
    await bench.pacer.pause("key");
    bench.now = NOON + MINUTE;
    await bench.deliver(generation);
    expect(bench.keys).toEqual(["mended-key"]);
    expect(await bench.pacer.status()).toMatchObject({ paused: null });
  });

  test("a request that never left says nothing of the operator's fault", async () => {
    const bench = workerBench();
    const generation = fox();
    bench.put(generation);
    await bench.pacer.pause("money");
    bench.now = NOON + MINUTE;
    bench.answers.push({ ...failed("always"), sent: false });
    await bench.deliver(generation);
    expect(bench.asked).toEqual(["fox"]);
    expect(await bench.pacer.status()).toMatchObject({ paused: "money" });
  });

  test("a key that was replaced meanwhile is read again once, and nothing is paused", async () => {
    let key = "first-key";
    const providerKey = {
      get: async () => key,
      replaces: async (refused: string) => {
        key = "second-key";
        return key !== refused;
      },
    };
    const bench = workerBench({ providerKey });
    const generation = fox();
    bench.put(generation);
    bench.answers.push(operatorFault("key"));
    for (let delivery = 0; delivery < 4; delivery++) {
      const disposition = await bench.deliver(generation);
      if (disposition.kind === "back") bench.now = Math.max(bench.now, disposition.at);
    }
    expect(bench.keys).toEqual(["first-key", "second-key"]);
    expect(bench.signals).toEqual([]);
    expect(bench.record(generation)).toMatchObject({ state: "succeeded", attempts: 1 });
  });
});
