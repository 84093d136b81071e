import { PutCommand } from "@aws-sdk/lib-dynamodb";
import { describe, expect, test } from "vitest";
import type { Expansion } from "../../../lambdas/batches/expansions.ts";
import { reconcileBatches } from "../../../lambdas/batches/reconcile.ts";
import { relayBatches } from "../../../lambdas/batches/relay.ts";
import { failBatch } from "../../../lambdas/batches/steps.ts";
import { viewOfBatch } from "../../../lambdas/batches/view.ts";
import { claim } from "../../../lambdas/generations/transitions/claim.ts";
import { giveUpImage } from "../../../lambdas/generations/transitions/painted.ts";
import { cancel } from "../../../lambdas/generations/transitions/queued.ts";
import { refuse } from "../../../lambdas/generations/transitions/refuse.ts";
import { lineKeyOf } from "../../../lambdas/platform/ids.ts";
import { Contended, ServiceError } from "../../../lambdas/platform/service-error.ts";
import { type BatchWorld, batchWorld } from "../../support/batch-world.ts";
import { MINUTE, NOON, PRICE, painted, submitting, succeeded } from "../../support/generations.ts";

const prompts = (count: number) =>
  Array.from({ length: count }, (_, index) => JSON.stringify({ prompt: `fox ${index}` })).join("\n");

describe("expanding a batch", () => {
  test("goes on after a checkpoint whose answer was lost, and which the SDK repeated", async () => {
    const checkpoint = (command: unknown) =>
      command instanceof PutCommand && command.input.Item?.["position"] === 2;
    const { accept, run, batches } = batchWorld(null, checkpoint);
    const id = await accept({ items: [{ prompt: "a" }, { prompt: "b" }] });
    await run(id);
    expect((await batches.get(id))?.state).toBe("expanded");
  });

  test("makes a generation of each item, in the batch lane, with the batch's deadline", async () => {
    const { accept, run, generations, view } = batchWorld();
    const id = await accept({ items: [{ prompt: "a" }, { prompt: "b", seed: 7 }] });
    await run(id);
    const made = [...generations.records.values()];
    expect(made).toHaveLength(2);
    for (const each of made)
      expect(each).toMatchObject({
        lane: "batch",
        owner: "alice",
        batch_id: id,
        state: "queued",
        deadline: "2026-11-22T13:00:00.000Z",
      });
    const { items, counts, status } = await view(id);
    expect(items.map(({ generation_id }) => generation_id).sort()).toEqual(
      made.map((each) => each.id).sort(),
    );
    expect(status).toBe("processing");
    expect(counts).toMatchObject({ total: 2, queued: 2, invalid: 0 });
  });

  test("ends the same wherever the process dies, and makes nothing twice", async () => {
    for (let steps = 0; ; steps++) {
      const { named, run, inserted, life, view, generations } = batchWorld(`${prompts(120)}\n{\n{"size":1}`);
      const id = await named();
      life.left = steps;
      const died = await run(id).then(
        () => false,
        () => true,
      );
      life.left = Number.POSITIVE_INFINITY;
      await run(id);
      await run(id);
      expect(new Set(inserted).size).toBe(inserted.length);
      expect(generations.records.size).toBe(120);
      expect((await view(id)).counts).toMatchObject({ total: 122, queued: 120, invalid: 2 });
      if (!died) return;
    }
  });

  test("done by two at once makes nothing twice", async () => {
    const { named, run, inserted, view } = batchWorld(`${prompts(250)}\nnothing`);
    const id = await named();
    await Promise.all([run(id), run(id)]);
    await run(id);
    expect(new Set(inserted).size).toBe(inserted.length);
    expect((await view(id)).counts).toMatchObject({ total: 251, queued: 250, invalid: 1 });
  });

  test("out of time goes on from its checkpoint with another message", async () => {
    const { named, run, sent, view, batches } = batchWorld(prompts(250));
    const id = await named();
    let chunks = 1;
    await run(id, () => chunks-- > 0);
    expect(sent).toEqual([id]);
    expect(await batches.get(id)).toMatchObject({ state: "accepted", position: 100, total: 250 });
    expect((await view(id)).counts).toMatchObject({ total: 250, queued: 250 });
    await run(id);
    expect(await batches.get(id)).toMatchObject({ state: "expanded", position: 250 });
  });

  test("counts invalid lines and names the first of them, with a record that stays small", async () => {
    const long = JSON.stringify({ prompt: "a", [`x${"y".repeat(50_000)}`]: 1 });
    const { named, run, view, batches } = batchWorld(`${`${long}\n`.repeat(150)}${prompts(1)}`);
    const id = await named();
    await run(id);
    const { counts, items, status } = await view(id);
    expect(counts).toMatchObject({ total: 151, invalid: 150, queued: 1 });
    expect(status).toBe("processing");
    expect(items).toHaveLength(20);
    expect(items[19]).toMatchObject({ line: 20, generation_id: null });
    expect(JSON.stringify(await batches.get(id)).length).toBeLessThan(50_000);
  });

  test("paints of several lines with one custom_id the first alone, however far apart they are", async () => {
    const named = (customId: string, prompt: string) =>
      JSON.stringify({ custom_id: customId, url: "/v1/generations", body: { prompt } });
    const world = batchWorld(
      `${named("mug", "a")}\n${prompts(150)}\n${named("mug", "b")}\n${named("cup", "c")}`,
    );
    const id = await world.named();
    let chunks = 1;
    await world.run(id, () => chunks-- > 0);
    await world.run(id);
    const { counts, items } = await world.view(id);
    expect(counts).toMatchObject({ total: 153, queued: 152, invalid: 1 });
    expect(items).toMatchObject([
      {
        line: 152,
        custom_id: "mug",
        errors: [{ pointer: "#/custom_id", detail: "must be unique: line 1 has it already" }],
      },
    ]);
  });

  test("with nothing but invalid lines is completed at once", async () => {
    const { named, run, view } = batchWorld("{");
    const id = await named();
    await run(id);
    expect(await view(id)).toMatchObject({
      status: "completed",
      completed_at: "2026-11-22T12:00:00.000Z",
      usage: { images: 0, cost: "0", billed: "no" },
    });
  });

  test.each([
    ["gone or changed", null, /changed or removed/],
    ["empty", " \n\n", /empty/],
    ["too long", "{}\n".repeat(10_001), /10001 lines.*Nothing was created/],
  ])("fails without a generation when its manifest is %s", async (_, manifest, message) => {
    const { named, run, view, generations, signals } = batchWorld(manifest);
    const id = await named();
    await run(id);
    expect(generations.records.size).toBe(0);
    expect(signals).toEqual([["BatchesFailed", 1]]);
    expect(await view(id)).toMatchObject({
      status: "failed",
      completed_at: "2026-11-22T12:00:00.000Z",
      error: { code: "invalid_request", message: expect.stringMatching(message), retryable: false },
      counts: { total: 0 },
    });
  });

  test("takes a line that the service refuses for an invalid one", async () => {
    const { accept, run, view, generations } = batchWorld();
    const id = await accept({ items: [{ prompt: "a" }, { prompt: "b" }] });
    const insert = generations.insert.bind(generations);
    let spent = false;
    generations.insert = async (generation) => {
      if (spent) throw new ServiceError("budget_exceeded", { detail: "No money." });
      spent = true;
      return insert(generation);
    };
    await run(id);
    expect((await view(id)).counts).toMatchObject({ total: 2, queued: 1, invalid: 1 });
    expect((await view(id)).items.flatMap(({ errors }) => errors)).toEqual([
      { pointer: "#", detail: "No money." },
    ]);
  });

  test("makes a line later that others hold up for a moment, and calls it not invalid", async () => {
    const { accept, run, view, generations } = batchWorld();
    const id = await accept({ items: [{ prompt: "a" }] });
    const insert = generations.insert.bind(generations);
    generations.insert = () => Promise.reject(new Contended());
    await expect(run(id)).rejects.toThrow(Contended);
    generations.insert = insert;
    await run(id);
    expect((await view(id)).counts).toMatchObject({ total: 1, queued: 1, invalid: 0 });
  });
});

describe("what a batch says of its generations", () => {
  test("are counts that add up, and what is known of the cost", async () => {
    const { accept, run, view, generations, clock } = batchWorld();
    const id = await accept({ items: Array.from({ length: 6 }, (_, index) => ({ prompt: `fox ${index}` })) });
    await run(id);
    const [a, b, c, d, e] = [...generations.records.values()];
    if (a?.state !== "queued" || b?.state !== "queued" || c?.state !== "queued") throw new Error();
    if (d?.state !== "queued" || e?.state !== "queued") throw new Error();
    const by = { now: NOON, leaseSeconds: 330, turn: "x", region: "sg" as const, price: PRICE };
    generations.put(succeeded(painted(submitting(a)), NOON + 2 * MINUTE));
    generations.put(giveUpImage(painted(submitting(b)), { now: NOON + MINUTE, detail: "gone" }));
    generations.put(
      refuse(claim(c, by), { now: NOON, code: "content_rejected", message: "no", provider: null }),
    );
    generations.put(cancel(d, NOON));
    generations.put(claim(e, by));
    expect(await view(id)).toMatchObject({
      status: "processing",
      completed_at: null,
      counts: {
        total: 6,
        queued: 1,
        running: 1,
        succeeded: 1,
        failed: 2,
        canceled: 1,
        expired: 0,
        invalid: 0,
      },
      usage: { images: 1, cost: "0.15", currency: "USD", billed: "unknown" },
    });
    generations.put(
      cancel([...generations.records.values()].find(({ state }) => state === "queued") as never, NOON),
    );
    generations.put(succeeded(painted(claim(e, by)), NOON + 3 * MINUTE));
    expect(await view(id)).toMatchObject({ status: "processing", completed_at: null });
    clock.now += 4 * MINUTE;
    await run(id);
    expect(await view(id)).toMatchObject({
      status: "completed",
      completed_at: "2026-11-22T12:04:00.000Z",
      counts: { total: 6, queued: 0, running: 0, succeeded: 2, failed: 2, canceled: 2 },
      usage: { images: 2, cost: "0.225", billed: "yes" },
    });
  });

  test("waits for an index that is behind", async () => {
    const { accept, run, batches } = batchWorld();
    const id = await accept({ items: [{ prompt: "a" }, { prompt: "b" }] });
    await run(id);
    const batch = (await batches.get(id))!;
    const [member] = await batches.members(batch);
    const view = viewOfBatch(batch, [{ ...member!, status: "succeeded" }], { root: "/v1", results: null });
    expect(view).toMatchObject({ status: "processing", counts: { total: 2, queued: 1, succeeded: 1 } });
  });

  test("of one that failed half-way counts what was made", async () => {
    const { accept, run, batches } = batchWorld();
    const id = await accept({ items: [{ prompt: "a" }, { prompt: "b" }] });
    const batch = await batches.get(id);
    await run(id);
    if (batch?.state !== "accepted") throw new Error();
    const failed = failBatch(batch, { now: NOON, code: "internal", message: "no" });
    const members = (await batches.members(failed)).slice(0, 1);
    const view = viewOfBatch(failed, members, { root: "/v1", results: null });
    expect(view).toMatchObject({ status: "failed", completed_at: null, counts: { total: 1, queued: 1 } });
  });
});

describe("a batch whose message is lost", () => {
  const reconciler = ({ batches, expansions, clock, sent }: BatchWorld) => {
    const signals: string[] = [];
    const run = () =>
      reconcileBatches({ batches, expansions, now: () => clock.now, signal: (name) => signals.push(name) });
    return { run, signals, sent };
  };

  test("gets another after its grace, and now and then until it is settled", async () => {
    const all = batchWorld(prompts(1));
    const id = await all.named();
    const { run, signals } = reconciler(all);
    await run();
    expect(all.sent).toEqual([]);
    all.clock.now += 16 * MINUTE;
    await run();
    await run();
    expect(all.sent).toEqual([id]);
    expect(signals).toEqual(["BatchesRequeued"]);
    await all.run(id);
    all.clock.now += 60 * MINUTE;
    await run();
    expect(all.sent).toEqual([id, id]);
    const [only] = [...all.generations.records.values()];
    if (only?.state !== "queued") throw new Error();
    all.generations.put(cancel(only, NOON));
    await all.run(id);
    all.clock.now += 60 * MINUTE;
    await run();
    expect(all.sent).toEqual([id, id]);
    expect(await all.view(id)).toMatchObject({ status: "completed", counts: { canceled: 1 } });
  });

  test("fails after ten that did not help", async () => {
    const all = batchWorld(prompts(1));
    const id = await all.named();
    const { run, signals } = reconciler(all);
    for (let round = 0; round < 11; round++) {
      all.clock.now += 16 * MINUTE;
      await run();
    }
    expect(signals.at(-1)).toBe("BatchesFailed");
    await all.run(id);
    all.clock.now += 60 * MINUTE;
    await run();
    expect(all.sent).toHaveLength(11);
    expect(await all.view(id)).toMatchObject({ status: "failed", error: { code: "internal" } });
  });

  test("and whose record can't be read holds up nobody", async () => {
    const all = batchWorld(prompts(1));
    const id = await all.named();
    const other = await all.accept({ items: [{ prompt: "a" }] });
    const item = all.generations.table.items.get(`batch#${id}`);
    all.generations.table.items.set(`batch#${id}`, { ...item, owner: 7 });
    const { run, signals } = reconciler(all);
    all.clock.now += 16 * MINUTE;
    await run();
    expect(signals.sort()).toEqual(["BatchesRequeued", "PoisonMessage"]);
    expect(all.sent).toEqual([other]);
    expect(await all.batches.due(all.clock.now + 60 * MINUTE)).toEqual([other]);
  });
});

test("the relay passes new batches on by their keys, whatever else is in them", async () => {
  const sent: string[] = [];
  const send = async (those: readonly Expansion[]) => {
    sent.push(...those.map(({ id }) => id));
  };
  const record = (eventName: "INSERT" | "MODIFY", pk: string) => ({
    eventName,
    dynamodb: { Keys: { pk: { S: pk } }, NewImage: { version: { S: "poison" } } },
  });
  const Records = [
    record("INSERT", "batch#bat_1"),
    record("MODIFY", "batch#bat_2"),
    record("INSERT", "generation#gen_1"),
    {},
  ];
  await relayBatches({ send })({ Records });
  expect(sent).toEqual(["bat_1"]);
});

test("no caller's key is the key of a line", () => {
  expect(lineKeyOf("bat_1", 1, "1700000000000")).not.toMatch(/^[\x21-\x7e]{1,255}$/);
});
