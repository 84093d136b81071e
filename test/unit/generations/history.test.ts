import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type HistoryEntry, MOST_ENTRIES, withHappenings } from "../../../lambdas/generations/history.ts";
import { loseAnswer } from "../../../lambdas/generations/transitions/lose-answer.ts";
import { postponeFetch } from "../../../lambdas/generations/transitions/painted.ts";
import { cancel } from "../../../lambdas/generations/transitions/queued.ts";
import { refuse, requeue } from "../../../lambdas/generations/transitions/refuse.ts";
import {
  MINUTE,
  NOON,
  noPicture,
  painted,
  queued,
  refusal,
  submitting,
  succeeded,
} from "../../support/generations.ts";

const events = (history: readonly HistoryEntry[]) => history.map(({ event }) => event);

describe("the history of a generation", () => {
  test("tells a life that went well, oldest first", () => {
    expect(events(succeeded().history)).toEqual([
      "accepted",
      "claimed",
      "accepted_by_provider",
      "stored",
      "ended",
    ]);
  });

  test("tells who refused and why, with the provider's own code", () => {
    const { history } = requeue(submitting(), refusal({ notBefore: NOON + MINUTE, counted: true }));
    expect(history.at(-2)).toMatchObject({
      event: "refused_by_provider",
      attempt: 1,
      detail: "The provider throttled.",
      provider: { code: "Throttling", request_id: "request-1" },
    });
  });

  test("says how it ended", () => {
    const provider = { code: "DataInspectionFailed", message: "no", request_id: "r" };
    const refused = refuse(submitting(), { now: NOON, code: "content_rejected", message: "no", provider });
    expect(refused.history.at(-1)).toMatchObject({ event: "ended", detail: "failed: content_rejected" });
    const lost = loseAnswer(submitting(), { now: NOON, notBefore: NOON, detail: "reset" });
    expect(events(lost.history).slice(-2)).toEqual(["outcome_unknown", "ended"]);
    expect(cancel(queued(), NOON).history.at(-1)).toMatchObject({ event: "ended", detail: "canceled" });
  });

  test("folds rounds of the same refusal, and counts them", () => {
    let generation = queued();
    for (let round = 0; round < 50; round++)
      generation = requeue(
        submitting(generation, generation.id, NOON + round),
        refusal({ notBefore: NOON, counted: false }),
      );
    expect(events(generation.history)).toEqual(["accepted", "claimed", "refused_by_provider", "requeued"]);
    expect(generation.history[2]).toMatchObject({ count: 50 });
  });

  test("folds the same failed fetch, and tells another", () => {
    const once = postponeFetch(painted(), noPicture({ nextFetchAt: NOON, host: null }));
    const twice = postponeFetch(once, noPicture({ nextFetchAt: NOON, host: null }));
    const other = postponeFetch(twice, {
      ...noPicture({ nextFetchAt: NOON, host: null }),
      detail: "answer 404",
    });
    expect(other.history.slice(-2)).toMatchObject([
      { event: "fetch_failed", detail: "answer 503", count: 2 },
      { event: "fetch_failed", detail: "answer 404", count: 1 },
    ]);
  });

  test("never has more than a hundred entries, and keeps the first and the last", () => {
    fc.assert(
      fc.property(fc.array(fc.string(), { minLength: 120, maxLength: 400 }), (details) => {
        const history = withHappenings(
          [],
          details.map((detail, at) => ({ event: "fetch_failed", at, attempt: 1, detail })),
        );
        expect(history.length).toBeLessThanOrEqual(MOST_ENTRIES);
        expect(history[0]?.at).toBe("1970-01-01T00:00:00.000Z");
        expect(history.some(({ detail }) => detail === details.at(-1)?.toWellFormed())).toBe(true);
      }),
      { numRuns: 30 },
    );
  });
});

describe("what a generation waits for", () => {
  test("goes on counting while the reason is the same, through claims", () => {
    const once = requeue(submitting(), refusal({ notBefore: NOON, counted: false }));
    const twice = requeue(submitting(once), {
      ...refusal({ notBefore: NOON, counted: false }),
      now: NOON + MINUTE,
    });
    expect(twice.waiting).toMatchObject({ tries: 2, since: "2026-11-22T12:00:00.000Z" });
  });

  test("begins anew with another reason, and is over at the end", () => {
    const throttled = requeue(submitting(), refusal({ notBefore: NOON, counted: false }));
    const failed = {
      ...refusal({ notBefore: NOON, counted: true }),
      reason: "provider_unavailable",
    } as const;
    expect(requeue(submitting(throttled), failed).waiting).toMatchObject({ tries: 1 });
    expect(cancel(throttled, NOON).waiting).toBeNull();
    expect(succeeded().waiting).toBeNull();
  });
});
