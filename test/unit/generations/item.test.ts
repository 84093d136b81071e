import { describe, expect, test } from "vitest";
import { CorruptRecord, fromItem, idOf, NewerRecord, toItem } from "../../../lambdas/generations/item.ts";
import type { Generation, Queued } from "../../../lambdas/generations/record.ts";
import { giveUpImage } from "../../../lambdas/generations/transitions/painted.ts";
import { cancel, expire } from "../../../lambdas/generations/transitions/queued.ts";
import { requeue } from "../../../lambdas/generations/transitions/refuse.ts";
import { MINUTE, NOON, painted, queued, refusal, submitting, succeeded } from "../../support/generations.ts";

const all = {
  queued: queued(),
  submitting: submitting(),
  painted: painted(),
  succeeded: succeeded(),
  failed: giveUpImage(painted(), { now: NOON, detail: "gone" }),
  canceled: cancel(queued(), NOON),
  expired: expire(queued(), NOON),
};

describe("the item of a generation", () => {
  test.each(Object.entries(all))("%s comes back as it was", (_, generation) => {
    expect(fromItem(toItem(generation, 30))).toEqual(generation);
  });

  test.each(Object.entries(all))("%s hangs on the right indexes", (state, generation) => {
    const item = toItem(generation, 30);
    const open = state === "queued" || state === "submitting" || state === "painted";
    expect("line" in item && "line_at" in item).toBe(state === "queued");
    expect(item.open).toBe(open ? "open" : "unannounced");
    expect(toItem({ ...generation, announced: true } as Generation, 30).open).toBe(open ? "open" : undefined);
    expect("expires_at" in item).toBe(!open);
    expect(item.created).toBe(`${generation.created_at}#${generation.id}`);
  });

  test("the line is by lane and model, in the order of not_before", () => {
    const generation = queued({ lane: "batch" });
    expect(toItem(generation, 30)).toMatchObject({
      line: "batch#qwen-image-max",
      line_at: `2026-11-22T12:00:00.000Z#${generation.id}`,
    });
    const again = requeue(submitting(generation), refusal({ notBefore: NOON + MINUTE, counted: true }));
    expect(toItem(again, 30).line_at).toBe(`2026-11-22T12:01:00.000Z#${generation.id}`);
  });

  test.each([
    [all.queued, "2026-11-22T12:15:00.000Z"],
    [{ ...all.queued, appointment_at: "2026-11-22T13:00:00.000Z" }, "2026-11-22T13:15:00.000Z"],
    [queued({ deadlineSeconds: 5 }), "2026-11-22T12:00:05.000Z"],
    [all.submitting, "2026-11-22T12:20:30.000Z"],
    [all.painted, "2026-11-22T12:15:00.000Z"],
  ])("is due a grace after what its state waits for, or at its deadline", (generation, due) => {
    expect(toItem(generation, 30).due_at).toBe(due);
  });

  test("what has ended lives for the retention, in whole seconds", () => {
    expect(toItem(all.succeeded, 30).expires_at).toBe(NOON / 1000 + 30 * 86_400);
  });

  test("callers list submitting and painted as running", () => {
    expect(toItem(all.submitting, 30).owner_status).toBe("owner#running");
    expect(toItem(all.painted, 30).owner_status).toBe("owner#running");
  });
});

describe("an unreadable item", () => {
  test.each([
    ["an unknown state", { state: "resting" }],
    ["a number as its owner", { owner: 7 }],
    ["no version", { version: undefined }],
    ["a time that is none", { deadline: "tomorrow" }],
    ["a time without milliseconds, which would not compare", { deadline: "2026-11-22T12:00:00Z" }],
    ["an unknown lane", { lane: "express" }],
  ])("with %s is named, never guessed", (_, change) => {
    const item = { ...toItem(all.queued, 30), ...change };
    expect(() => fromItem(item)).toThrow(CorruptRecord);
    expect(() => fromItem(item)).toThrow(expect.objectContaining({ id: all.queued.id }));
  });
});

test("only a generation's key has an id", () => {
  expect(idOf("generation#gen_1")).toBe("gen_1");
  expect([idOf("pacer#sg#m"), idOf(undefined), idOf(7)]).toEqual([null, null, null]);
});

describe("a record of a newer version", () => {
  test("keeps the fields that this version does not know, through a transition", () => {
    const item = { ...toItem(queued(), 90), style: "oil", nested: { of: "later" } };
    const kept = toItem(cancel(fromItem(item) as Queued, NOON), 90);
    expect(kept).toMatchObject({ state: "canceled", style: "oil", nested: { of: "later" } });
    expect(kept).not.toHaveProperty("line");
  });

  test("with a newer form is left alone, and is no corrupt record", () => {
    expect(() => fromItem({ ...toItem(queued(), 90), schema: 2 })).toThrow(NewerRecord);
  });
});
