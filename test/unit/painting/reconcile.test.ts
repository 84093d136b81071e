import { describe, expect, test } from "vitest";
import { SCHEMA } from "../../../lambdas/generations/record.ts";
import { cancel } from "../../../lambdas/generations/transitions/queued.ts";
import { requeue } from "../../../lambdas/generations/transitions/refuse.ts";
import { reconcile } from "../../../lambdas/painting/reconcile.ts";
import {
  HOUR,
  MINUTE,
  NOON,
  painted,
  queued,
  refusal,
  SOURCE_URL,
  submitting,
  succeeded,
} from "../../support/generations.ts";
import { inMemoryAnswers, inMemoryGenerations } from "../../support/in-memory-stores.ts";

function reconciler(now: number) {
  const generations = inMemoryGenerations();
  const sent: string[] = [];
  const signals: string[] = [];
  const queue = {
    send: async (ids: readonly string[]) => {
      sent.push(...ids);
    },
  };
  const answers = inMemoryAnswers();
  const run = () =>
    reconcile({ generations, queue, answers, now: () => now, signal: (name) => signals.push(name) });
  return { generations, answers, sent, signals, queue, run };
}

describe("the reconciler", () => {
  test("lets everything be that is in its time", async () => {
    const { generations, sent, run } = reconciler(NOON + 14 * MINUTE);
    const appointed = { ...queued(), appointment_at: "2026-11-22T20:00:00.000Z" };
    for (const generation of [queued(), submitting(), painted(), succeeded(), appointed])
      generations.put(generation);
    expect(await run()).toEqual({ ended: 0, queuedAgain: 0 });
    expect(sent).toEqual([]);
  });

  test("gives a queued one whose message is lost a new message and a turn now", async () => {
    const { generations, sent, signals, run } = reconciler(NOON + 16 * MINUTE);
    const generation = queued();
    generations.put(generation);
    expect(await run()).toEqual({ ended: 0, queuedAgain: 1 });
    expect(sent).toEqual([generation.id]);
    expect(signals).toEqual(["GenerationsRequeued"]);
    expect(generations.records.get(generation.id)).toMatchObject({ requeues: 1, state: "queued" });
    expect(await run()).toEqual({ ended: 0, queuedAgain: 0 });
  });

  test("never gives up on one before its deadline, however often its message was lost", async () => {
    const { generations, sent, run } = reconciler(NOON + 16 * MINUTE);
    const generation = { ...queued(), requeues: 1000 };
    generations.put(generation);
    expect(await run()).toEqual({ ended: 0, queuedAgain: 1 });
    expect(sent).toEqual([generation.id]);
  });

  test("expires a queued one at its deadline", async () => {
    const { generations, run } = reconciler(NOON + 5 * MINUTE);
    const generation = queued({ deadlineSeconds: 300 });
    generations.put(generation);
    expect(await run()).toEqual({ ended: 1, queuedAgain: 0 });
    expect(generations.records.get(generation.id)?.state).toBe("expired");
  });

  test("finds the answer of such a submission beside the table", async () => {
    const { generations, answers, sent, signals, run } = reconciler(NOON + 21 * MINUTE);
    const generation = submitting(queued(), "another message");
    generations.put(generation);
    answers.kept.set(generation.claim_id, {
      requestId: "request-1",
      sourceUrl: SOURCE_URL,
      sourceExpiresAt: NOON + HOUR,
      width: 1664,
      height: 928,
    });
    expect(await run()).toEqual({ ended: 0, queuedAgain: 1 });
    expect(sent).toEqual([generation.id]);
    expect(signals).toEqual(["GenerationsRequeued"]);
    expect(generations.records.get(generation.id)).toMatchObject({ state: "painted", turn: generation.id });
  });

  test("lets such a submission be while the bucket does not say", async () => {
    const { generations, answers, run } = reconciler(NOON + 21 * MINUTE);
    const generation = submitting();
    generations.put(generation);
    answers.accepted = () => Promise.reject(new Error("SlowDown"));
    expect(await run()).toEqual({ ended: 0, queuedAgain: 0 });
    expect(generations.records.get(generation.id)?.state).toBe("submitting");
  });

  test("ends a submission that outlived its lease as unknown", async () => {
    const { generations, signals, run } = reconciler(NOON + 21 * MINUTE);
    const generation = submitting();
    generations.put(generation);
    expect(await run()).toEqual({ ended: 1, queuedAgain: 0 });
    expect(signals).toEqual(["OutcomeUnknown"]);
    expect(generations.records.get(generation.id)).toMatchObject({
      error: { code: "upstream_outcome_unknown", billed: "unknown" },
    });
  });

  test("lets a call run that the index, always a little behind, still shows as due", async () => {
    const { generations, run } = reconciler(NOON + 16 * MINUTE);
    const generation = submitting(queued(), "gen_other", NOON + 15 * MINUTE);
    generations.put(generation);
    Object.assign(generations, { due: async () => [generation.id] });
    expect(await run()).toEqual({ ended: 0, queuedAgain: 0 });
    expect(generations.records.get(generation.id)?.state).toBe("submitting");
  });

  test("queues it again when its caller chose retry", async () => {
    const { generations, sent, run } = reconciler(NOON + 21 * MINUTE);
    const generation = submitting(queued({ body: { on_unknown_outcome: "retry" } }));
    generations.put(generation);
    expect(await run()).toEqual({ ended: 0, queuedAgain: 1 });
    expect(sent).toEqual([generation.id]);
    expect(generations.records.get(generation.id)).toMatchObject({ state: "queued", outcome_lost: true });
  });

  test("gives a painted one a message of its own, and never a second painting", async () => {
    const { generations, sent, run } = reconciler(NOON + 16 * MINUTE);
    const generation = painted(submitting(queued(), queued().id));
    generations.put(generation);
    expect(await run()).toEqual({ ended: 0, queuedAgain: 1 });
    expect(sent).toEqual([generation.id]);
    expect(generations.records.get(generation.id)).toMatchObject({ state: "painted", turn: generation.id });
  });

  test("passes one over that somebody else has just moved on", async () => {
    const { generations, sent, run } = reconciler(NOON + 16 * MINUTE);
    const generation = queued();
    generations.put(generation);
    const { get } = generations;
    Object.assign(generations, {
      get: async (id: string) => {
        const found = await get(id);
        generations.put(cancel(generation, NOON));
        return found;
      },
    });
    expect(await run()).toEqual({ ended: 0, queuedAgain: 0 });
    expect(sent).toEqual([]);
    expect(generations.records.get(generation.id)?.state).toBe("canceled");
  });

  test("takes an unreadable one out, alarms, and goes on with the others", async () => {
    const { generations, sent, signals, run } = reconciler(NOON + HOUR);
    const [broken, healthy] = [queued({ now: NOON - 1000 }), queued()];
    generations.put(broken);
    generations.put(healthy);
    generations.corrupt(broken.id);
    expect(await run()).toEqual({ ended: 0, queuedAgain: 1 });
    expect(signals).toEqual(["PoisonMessage", "GenerationsRequeued"]);
    expect(sent).toEqual([healthy.id]);
    expect(await generations.due(NOON + 24 * HOUR)).toEqual([healthy.id]);
  });

  test("leaves one of a newer version alone, with its indexes, and goes on with the others", async () => {
    const { generations, sent, signals, run } = reconciler(NOON + HOUR);
    const [newer, healthy] = [queued({ now: NOON - 1000 }), queued()];
    generations.put({ ...newer, schema: SCHEMA + 1 });
    generations.put(healthy);
    expect(await run()).toEqual({ ended: 0, queuedAgain: 1 });
    expect([sent, signals]).toEqual([[healthy.id], ["GenerationsRequeued"]]);
    expect(await generations.due(NOON + 24 * HOUR)).toEqual([newer.id, healthy.id]);
  });

  test("a message that could not be sent is due again", async () => {
    const { generations, queue, run } = reconciler(NOON + 16 * MINUTE);
    const generation = queued();
    generations.put(generation);
    queue.send = async () => {
      throw new Error("SQS fails");
    };
    await expect(run()).rejects.toThrow("SQS fails");
    expect(await generations.due(NOON + 32 * MINUTE)).toEqual([generation.id]);
  });

  test("waits for a retry's own time before it steps in", async () => {
    const { generations, run } = reconciler(NOON + 16 * MINUTE);
    generations.put(requeue(submitting(), refusal({ notBefore: NOON + 10 * MINUTE, counted: true })));
    expect(await run()).toEqual({ ended: 0, queuedAgain: 0 });
  });
});
