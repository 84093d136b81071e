import { PutCommand } from "@aws-sdk/lib-dynamodb";
import { describe, expect, test } from "vitest";
import type { Queued } from "../../../lambdas/generations/record.ts";
import { createGenerationStore } from "../../../lambdas/generations/table.ts";
import { cancel, expire } from "../../../lambdas/generations/transitions/queued.ts";
import { HOUR, MINUTE, NOON, queued, submitting } from "../../support/generations.ts";
import { inMemoryGenerations } from "../../support/in-memory-stores.ts";
import { inMemoryTable, repeating } from "../../support/in-memory-table.ts";

const MODEL = "qwen-image-max";

describe("the store of generations", () => {
  test("accepts an id once, and shows who was first", async () => {
    const store = inMemoryGenerations();
    const first = queued();
    expect(await store.insert(first)).toBeNull();
    expect(await store.insert({ ...first, owner: "other" })).toEqual(first);
    expect(store.records.size).toBe(1);
  });

  test("writes the next state only over the version it was made from", async () => {
    const store = inMemoryGenerations();
    const generation = queued();
    await store.insert(generation);
    expect(await store.save(submitting(generation))).toBe(true);
    expect(await store.save(cancel(generation, NOON))).toBe(false);
    expect(await store.save(expire(generation, NOON))).toBe(false);
    expect((await store.get(generation.id))?.state).toBe("submitting");
  });

  test("knows its own write, whose answer was lost, although a newer version has added fields", async () => {
    const table = inMemoryTable();
    const generation = queued();
    await createGenerationStore(table.client, "table", 30).insert(generation);
    table.items.set(`generation#${generation.id}`, {
      ...table.items.get(`generation#${generation.id}`),
      style: "oil",
    });
    const lossy = createGenerationStore(
      repeating(table, (command) => command instanceof PutCommand),
      "table",
      30,
    );
    const stored = await lossy.get(generation.id);
    expect(await lossy.save(cancel(stored as Queued, NOON))).toBe(true);
  });

  test("writes nothing over a record that is gone", async () => {
    const store = inMemoryGenerations();
    expect(await store.save(submitting(queued()))).toBe(false);
    await store.appoint(queued(), NOON).catch(() => {});
    expect(store.records.size).toBe(0);
  });

  test("of two that move the same state on, one is refused", async () => {
    const store = inMemoryGenerations();
    const generation = queued();
    await store.insert(generation);
    const saved = await Promise.all([
      store.save(submitting(generation, generation.id)),
      store.save(cancel(generation, NOON)),
    ]);
    expect(saved.filter(Boolean)).toHaveLength(1);
  });

  test("an appointment moves the reconciler's date, and no version", async () => {
    const store = inMemoryGenerations();
    const generation = queued();
    await store.insert(generation);
    await store.appoint(generation, NOON + HOUR);
    expect(await store.get(generation.id)).toMatchObject({
      version: 1,
      appointment_at: "2026-11-22T13:00:00.000Z",
    });
    expect(await store.due(NOON + 74 * MINUTE)).toEqual([]);
    expect(await store.due(NOON + 75 * MINUTE)).toEqual([generation.id]);
  });

  test("an appointment of a message whose generation moved on does not touch that generation's date", async () => {
    const store = inMemoryGenerations();
    const generation = queued();
    await store.insert(generation);
    await store.save(submitting(generation));
    await store.appoint(generation, NOON + 24 * HOUR);
    expect(await store.get(generation.id)).toMatchObject({ state: "submitting", version: 2 });
    expect(await store.due(NOON + 21 * MINUTE)).toEqual([generation.id]);
  });

  test("a lent turn is noted whatever became of the lender", async () => {
    const store = inMemoryGenerations();
    const [lender, borrower] = [queued(), queued()];
    await store.insert(lender);
    await store.save(cancel(lender, NOON));
    await store.lendTurn(lender, borrower);
    expect(await store.get(lender.id)).toMatchObject({ state: "canceled", turn_for: borrower.id });
  });

  test("a line has its own lane and model, those whose time has come, longest waiting first", async () => {
    const store = inMemoryGenerations();
    const [second, first] = [queued({ now: NOON + 1 }), queued({ now: NOON })];
    const [later, other] = [queued({ now: NOON + HOUR }), queued({ lane: "batch" })];
    const snapshot = queued({ body: { model: "qwen-image-max-2025-12-30" } });
    for (const generation of [second, first, later, other, snapshot]) await store.insert(generation);
    expect(await store.firstQueued("interactive", MODEL, NOON + 1)).toEqual([first.id, second.id]);
    expect(await store.firstQueued("batch", MODEL, NOON)).toEqual([other.id]);
  });

  test("what is quarantined is in no queue", async () => {
    const store = inMemoryGenerations();
    const generation = queued();
    await store.insert(generation);
    await store.quarantine(generation.id);
    expect(await store.firstQueued("interactive", MODEL, NOON + HOUR)).toEqual([]);
    expect(await store.due(NOON + 48 * HOUR)).toEqual([]);
  });
});
