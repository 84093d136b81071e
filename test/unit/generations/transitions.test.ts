import { describe, expect, test } from "vitest";
import { billedOf } from "../../../lambdas/generations/billed.ts";
import { chargesOf } from "../../../lambdas/generations/charges.ts";
import { problemOfEnd } from "../../../lambdas/generations/problem-of-end.ts";
import { statusOf } from "../../../lambdas/generations/record.ts";
import { recoverAnswer } from "../../../lambdas/generations/transitions/late-answer.ts";
import { loseAnswer } from "../../../lambdas/generations/transitions/lose-answer.ts";
import { adopt, giveUpImage, postponeFetch } from "../../../lambdas/generations/transitions/painted.ts";
import {
  abandon,
  cancel,
  expire,
  isOverdue,
  revive,
} from "../../../lambdas/generations/transitions/queued.ts";
import { refuse, requeue } from "../../../lambdas/generations/transitions/refuse.ts";
import { remove } from "../../../lambdas/generations/transitions/remove.ts";
import { viewOf } from "../../../lambdas/generations/view.ts";
import {
  HOUR,
  MINUTE,
  NOON,
  noPicture,
  painted,
  queued,
  refusal,
  submitting,
  succeeded,
} from "../../support/generations.ts";

const lost = { now: NOON, notBefore: NOON + MINUTE, detail: "lost" };
const retrying = () => queued({ body: { on_unknown_outcome: "retry" } });

describe("a life", () => {
  test("every step raises the version by one", () => {
    const steps = [queued(), submitting(), painted(), succeeded()];
    expect(steps.map(({ version }) => version)).toEqual([1, 2, 3, 4]);
  });

  test("callers see submitting and painted as running", () => {
    expect([queued(), submitting(), painted(), succeeded()].map(statusOf)).toEqual([
      "queued",
      "running",
      "running",
      "succeeded",
    ]);
  });

  test("the same key of the same owner is the same generation, without a key every one is another", () => {
    const first = queued();
    expect(first.id).toMatch(/^gen_[0-9a-hjkmnp-tv-z]{26}$/);
    expect(queued().id).not.toBe(first.id);
  });

  test("started_at is the first claim's, however often it is claimed", () => {
    const again = requeue(submitting(), refusal({ notBefore: NOON, counted: true }));
    expect(submitting(again, again.id, NOON + HOUR).started_at).toBe("2026-11-22T12:00:00.000Z");
  });

  test("a claim counts an attempt and says how long it is protected", () => {
    expect(submitting()).toMatchObject({ attempts: 1, lease_until: "2026-11-22T12:05:30.000Z" });
  });

  test("a refusal that is not the generation's fault costs no attempt", () => {
    expect(requeue(submitting(), refusal({ notBefore: NOON, counted: false })).attempts).toBe(0);
    expect(requeue(submitting(), refusal({ notBefore: NOON, counted: true })).attempts).toBe(1);
  });

  test("one whose only submission does not count has not started; one that was submitted before has", () => {
    const uncounted = refusal({ notBefore: NOON, counted: false });
    expect(requeue(submitting(), uncounted).started_at).toBeNull();
    const again = requeue(submitting(), refusal({ notBefore: NOON, counted: true }));
    expect(requeue(submitting(again, again.id, NOON + HOUR), uncounted)).toMatchObject({
      attempts: 1,
      started_at: "2026-11-22T12:00:00.000Z",
    });
  });

  test("nothing of a state is left in the next one", () => {
    const again = requeue(submitting(), refusal({ notBefore: NOON, counted: true }));
    expect(again).not.toHaveProperty("lease_until");
    expect(again).not.toHaveProperty("turn");
    expect(succeeded()).not.toHaveProperty("source_url");
    expect(giveUpImage(painted(), { now: NOON, detail: "gone" })).not.toHaveProperty("source_url");
  });

  test("a postponed image keeps its address and counts its fetches", () => {
    const next = postponeFetch(painted(), noPicture({ nextFetchAt: NOON + MINUTE, host: "new.example" }));
    expect(next).toMatchObject({
      state: "painted",
      version: 4,
      fetches: 1,
      waiting_for_host: "new.example",
      next_fetch_at: "2026-11-22T12:01:00.000Z",
    });
  });

  test("an adopted image belongs to its own message", () => {
    const lentTo = painted(submitting(queued(), "gen_other"));
    expect(lentTo.turn).toBe("gen_other");
    expect(adopt(lentTo, NOON)).toMatchObject({ turn: lentTo.id, version: 4 });
  });

  test("a revived one gets a new turn now, and the service remembers", () => {
    expect(revive(queued(), NOON)).toMatchObject({
      requeues: 1,
      version: 2,
      appointment_at: "2026-11-22T12:00:00.000Z",
    });
  });
});

describe("what was billed", () => {
  test("nothing before the first claim", () => {
    expect(billedOf(queued())).toBe("no");
    expect(billedOf(cancel(queued(), NOON))).toBe("no");
    expect(billedOf(expire(queued(), NOON))).toBe("no");
    expect(billedOf(abandon(queued(), NOON))).toBe("no");
  });

  test("unknown while the provider is asked, yes from the checkpoint on", () => {
    expect(billedOf(submitting())).toBe("unknown");
    expect(billedOf(painted())).toBe("yes");
    expect(billedOf(succeeded())).toBe("yes");
  });

  test("a painted image that never came is billed all the same", () => {
    const failed = giveUpImage(painted(), { now: NOON, detail: "gone" });
    expect(failed).toMatchObject({ state: "failed", error: { code: "image_unavailable", billed: "yes" } });
  });

  test("a refusal is not billed", () => {
    const failed = refuse(submitting(), {
      now: NOON,
      code: "content_rejected",
      message: "no",
      provider: null,
    });
    expect(billedOf(failed)).toBe("no");
  });

  test("after a lost answer it stays unknown, whatever the end", () => {
    const again = loseAnswer(submitting(retrying()), lost);
    if (again.state !== "queued") throw new Error("not queued");
    expect([cancel(again, NOON), expire(again, NOON), abandon(again, NOON)].map(billedOf)).toEqual([
      "unknown",
      "unknown",
      "unknown",
    ]);
    const refused = refuse(submitting(again), {
      now: NOON,
      code: "provider_rejected",
      message: "",
      provider: null,
    });
    expect(billedOf(refused)).toBe("unknown");
  });

  test("an image that came after a lost answer is billed", () => {
    const again = loseAnswer(submitting(retrying()), lost);
    if (again.state !== "queued") throw new Error("not queued");
    expect(billedOf(succeeded(painted(submitting(again))))).toBe("yes");
  });

  test("usage and warnings say that an earlier call may have been charged besides", () => {
    const again = loseAnswer(submitting(retrying()), lost);
    if (again.state !== "queued") throw new Error("not queued");
    const outlook = { address: null, root: "/v1", estimatedStartAt: null, paused: null };
    const view = viewOf(succeeded(painted(submitting(again))), outlook);
    expect(view.usage).toEqual({
      images: 1,
      cost: "0.075",
      currency: "USD",
      billed: "yes",
      possible_extra_charges: 1,
    });
    expect(view.warnings).toEqual([expect.stringContaining("may have been charged")]);
    expect(viewOf(succeeded(), outlook).usage).not.toHaveProperty("possible_extra_charges");
  });

  test("each lost answer counts by itself", () => {
    const once = loseAnswer(submitting(retrying()), lost);
    if (once.state !== "queued") throw new Error("not queued");
    const twice = loseAnswer(submitting(once), lost);
    if (twice.state !== "queued") throw new Error("not queued");
    expect(chargesOf(twice)).toBe(2);
    expect(chargesOf(succeeded(painted(submitting(twice))))).toBe(3);
    expect(chargesOf(loseAnswer(submitting(twice), lost))).toBe(3);
  });

  test("a lost answer that comes after all is the picture's own charge", () => {
    const again = loseAnswer(submitting(retrying()), lost);
    if (again.state !== "queued") throw new Error("not queued");
    const answer = {
      requestId: null,
      sourceUrl: "https://a/",
      sourceExpiresAt: NOON,
      width: 1,
      height: 1,
      now: NOON,
    };
    expect(chargesOf(recoverAnswer(again, answer, again.id))).toBe(1);
  });
});

describe("a lost answer", () => {
  test("ends the generation when its caller chose fail", () => {
    expect(loseAnswer(submitting(), lost)).toMatchObject({
      state: "failed",
      outcome_lost: true,
      error: { code: "upstream_outcome_unknown", billed: "unknown", retryable: false },
    });
  });

  test("queues it again when its caller chose retry, twice and not a third time", () => {
    const first = loseAnswer(submitting(retrying()), lost);
    if (first.state !== "queued") throw new Error("not queued");
    expect(first).toMatchObject({ attempts: 1, not_before: "2026-11-22T12:01:00.000Z" });
    const second = loseAnswer(submitting(first), lost);
    if (second.state !== "queued") throw new Error("not queued");
    expect(loseAnswer(submitting(second), lost).state).toBe("failed");
  });
});

describe("a deadline", () => {
  const soon = queued({ deadlineSeconds: 5 });

  test("is overdue at its very moment, and not before", () => {
    expect(isOverdue(soon, NOON + 4999)).toBe(false);
    expect(isOverdue(soon, NOON + 5000)).toBe(true);
  });

  test("ends only what is queued: a call that runs is never cut off", () => {
    expect(isOverdue(submitting(soon), NOON + HOUR)).toBe(false);
    expect(isOverdue(painted(submitting(soon)), NOON + HOUR)).toBe(false);
  });
});

describe("a removal", () => {
  test("takes picture, input and metadata, and leaves what happened and what it cost", () => {
    const whole = succeeded();
    expect(remove(whole, NOON + HOUR)).toEqual({
      ...whole,
      history: [...whole.history, expect.objectContaining({ event: "removed" })],
      version: whole.version + 1,
      removed_at: "2026-11-22T13:00:00.000Z",
      input: null,
      metadata: {},
      image: null,
    });
  });

  test("leaves the error of one that failed", () => {
    const failed = giveUpImage(painted(), { now: NOON, detail: "gone" });
    expect(remove(failed, NOON)).toMatchObject({ state: "failed", error: failed.error, input: null });
  });
});

describe("the problem an end stands for", () => {
  test("none after success", () => {
    expect(problemOfEnd(succeeded())).toBeNull();
  });

  test("names the generation and its bill", () => {
    const failed = giveUpImage(painted(), { now: NOON, detail: "gone" });
    expect(problemOfEnd(failed)).toMatchObject({
      code: "image_unavailable",
      extras: { billed: "yes", instance: `/v1/generations/${failed.id}` },
    });
    expect(problemOfEnd(cancel(queued(), NOON))?.code).toBe("conflict");
    expect(problemOfEnd(expire(queued(), NOON))?.code).toBe("deadline_exceeded");
  });
});
