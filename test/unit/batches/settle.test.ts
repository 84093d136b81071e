import { describe, expect, test } from "vitest";
import { relayMembers } from "../../../lambdas/batches/relay.ts";
import { resultLine } from "../../../lambdas/batches/result-line.ts";
import { cancelBatch } from "../../../lambdas/batches/steps.ts";
import { createListing } from "../../../lambdas/generations/listing.ts";
import type { Queued } from "../../../lambdas/generations/record.ts";
import { claim } from "../../../lambdas/generations/transitions/claim.ts";
import { recordLateAnswer } from "../../../lambdas/generations/transitions/late-answer.ts";
import { loseAnswer } from "../../../lambdas/generations/transitions/lose-answer.ts";
import { cancel } from "../../../lambdas/generations/transitions/queued.ts";
import { refuse, requeue } from "../../../lambdas/generations/transitions/refuse.ts";
import { ServiceError } from "../../../lambdas/platform/service-error.ts";
import { type BatchWorld, batchWorld } from "../../support/batch-world.ts";
import {
  MINUTE,
  NOON,
  PRICE,
  painted,
  queued,
  refusal,
  submitting,
  succeeded,
} from "../../support/generations.ts";

const DAY = 24 * 60 * MINUTE;
const by = { now: NOON, leaseSeconds: 330, turn: "x", region: "sg", price: PRICE };

/** What a batch's results say, line by line. */
function resultsOf({ results }: BatchWorld, id: string) {
  const text = results.stored.get(`results/alice/${id}.jsonl`) ?? "";
  return text
    .split("\n")
    .slice(0, -1)
    .map((line) => resultLine.parse(JSON.parse(line)));
}

/** The generation of a line. */
function ofLine({ generations }: BatchWorld, line: number): Queued {
  const found = [...generations.records.values()].find(
    ({ idempotency_key }) => idempotency_key?.split(" ")[2] === String(line),
  );
  return found as Queued;
}

const MANIFEST = [
  '{"custom_id":"one","url":"/v1/generations","body":{"prompt":"a"}}',
  "{",
  '{"custom_id":"three","url":"/v1/generations","body":{"prompt":"c"}}',
  '{"custom_id":"four","url":"/v1/generations","body":{"size":"1*1"}}',
  '{"custom_id":"five","url":"/v1/generations","body":{"prompt":"e"}}',
].join("\n");

/** A batch of five lines, two of them invalid, whose generations end each in its way. */
async function ending() {
  const world = batchWorld(MANIFEST);
  const id = await world.named();
  await world.run(id);
  const [first, third, fifth] = [ofLine(world, 1), ofLine(world, 3), ofLine(world, 5)];
  world.generations.put(succeeded(painted(submitting(first)), NOON + MINUTE));
  world.generations.put(
    refuse(claim(third, by), { now: NOON, code: "content_rejected", message: "No.", provider: null }),
  );
  return { world, id, fifth };
}

describe("the results of a batch", () => {
  test("are there once the last of it has ended, a line for each of its lines, in order", async () => {
    const { world, id, fifth } = await ending();
    await world.run(id);
    expect(resultsOf(world, id)).toEqual([]);
    expect(await world.view(id)).toMatchObject({ status: "processing", completed_at: null });

    world.generations.put(loseAnswer(claim(fifth, by), { now: NOON, notBefore: NOON, detail: "Lost." }));
    world.clock.now += MINUTE;
    await world.run(id);

    const key = expect.stringMatching(/^generations\/gen_.*\.png$/);
    expect(resultsOf(world, id)).toMatchObject([
      {
        line: 1,
        custom_id: "one",
        status: "succeeded",
        id: ofLine(world, 1).id,
        key,
        cost: "0.075",
        billed: "yes",
        error: null,
      },
      {
        line: 2,
        custom_id: null,
        status: "invalid",
        id: null,
        key: null,
        cost: "0",
        billed: "no",
        error: { code: "invalid_request", message: "the request must be JSON in UTF-8." },
      },
      {
        line: 3,
        custom_id: "three",
        status: "failed",
        key: null,
        cost: "0",
        billed: "no",
        error: { code: "content_rejected" },
      },
      {
        line: 4,
        custom_id: "four",
        status: "invalid",
        error: { errors: [{ pointer: "#/prompt" }, { pointer: "#/size" }] },
      },
      {
        line: 5,
        custom_id: "five",
        status: "failed",
        cost: null,
        billed: "unknown",
        error: { code: "upstream_outcome_unknown" },
      },
    ]);
    expect(await world.view(id)).toMatchObject({
      status: "completed",
      completed_at: "2026-11-22T12:01:00.000Z",
      counts: { total: 5, succeeded: 1, failed: 2, invalid: 2, queued: 0, running: 0 },
      usage: { images: 1, cost: "0.075", billed: "unknown" },
    });
  });

  test("are the same wherever their writer dies", async () => {
    const expected = await settledAfter(Number.POSITIVE_INFINITY);
    for (let steps = 0; steps < 3; steps++) expect(await settledAfter(steps)).toEqual(expected);
  });

  test("say what the records say, also where a slow writer comes last", async () => {
    const { world, id, fifth } = await ending();
    const lost = loseAnswer(claim(fifth, by), { now: NOON, notBefore: NOON, detail: "lost" });
    if (lost.state !== "failed") throw new Error("it is queued");
    world.generations.put(lost);
    const { put } = world.results;
    world.results.put = async (batch, lines) => {
      world.results.put = put;
      // Another is quicker, and hears of a late answer after that.
      await world.run(id);
      world.generations.put(recordLateAnswer(lost, { now: NOON, requestId: "request-1", keptAs: null }));
      await world.run(id, undefined, true);
      return put(batch, lines);
    };
    await world.run(id);
    expect(resultsOf(world, id).map(({ line, billed }) => [line, billed])).toContainEqual([5, "yes"]);
  });

  async function settledAfter(steps: number) {
    const { world, id, fifth } = await ending();
    world.generations.put(cancel(fifth, NOON));
    world.life.left = steps;
    await world.run(id).catch(() => {});
    world.life.left = Number.POSITIVE_INFINITY;
    await world.run(id);
    const { completed_at: _, ...view } = await world.view(id);
    return [
      resultsOf(world, id).map(({ id: __, ...line }) => ({ ...line, key: null })),
      view.counts,
      view.status,
    ];
  }

  test("say what came after the end, and leave the end as it was", async () => {
    const { world, id, fifth } = await ending();
    const lost = loseAnswer(claim(fifth, by), { now: NOON, notBefore: NOON, detail: "Lost." });
    if (lost.state !== "failed") throw new Error();
    world.generations.put(lost);
    await world.run(id);
    world.clock.now += 60 * MINUTE;
    world.generations.put(recordLateAnswer(lost, { now: world.clock.now, requestId: "r", keptAs: null }));

    await world.run(id);
    expect(resultsOf(world, id)[4]).toMatchObject({ billed: "unknown", cost: null });
    await world.run(id, () => true, true);
    expect(resultsOf(world, id)[4]).toMatchObject({ billed: "yes", cost: "0.075" });
    expect(await world.view(id)).toMatchObject({
      completed_at: "2026-11-22T12:00:00.000Z",
      usage: { cost: "0.15", billed: "yes" },
    });
  });

  test("name every line of ten thousand", async () => {
    const lines = Array.from({ length: 10_000 }, (_, index) =>
      index % 10 === 0 ? "{" : JSON.stringify({ prompt: `fox ${index}` }),
    );
    const world = batchWorld(lines.join("\n"));
    const id = await world.named();
    await world.run(id);
    for (const each of world.generations.records.values())
      world.generations.put(cancel(each as Queued, NOON));
    await world.run(id);
    expect(resultsOf(world, id).map(({ line }) => line)).toEqual(lines.map((_, index) => index + 1));
    expect(JSON.stringify(await world.batches.get(id)).length).toBeLessThan(20_000);
  });

  test("say of a line that the budget refused what it was refused for", async () => {
    const world = batchWorld();
    const id = await world.accept({ items: [{ prompt: "a" }] });
    world.generations.insert = () =>
      Promise.reject(new ServiceError("budget_exceeded", { detail: "No money." }));
    await world.run(id);
    expect(resultsOf(world, id)).toMatchObject([
      { line: 1, status: "invalid", error: { code: "budget_exceeded", message: "No money." } },
    ]);
  });

  test("wait for an index that is behind", async () => {
    const world = batchWorld();
    const id = await world.accept({ items: [{ prompt: "a" }, { prompt: "b" }] });
    const { items } = world.generations.table;
    await world.run(id);
    for (const each of [...world.generations.records.values()])
      world.generations.put(cancel(each as Queued, NOON));
    const [pk = ""] = [...items.keys()].filter((key) => key.startsWith("generation#"));
    const { in_batch, ...hidden } = items.get(pk) ?? {};
    items.set(pk, hidden);
    await world.run(id);
    expect([world.sent, resultsOf(world, id)]).toEqual([[id], []]);
    items.set(pk, { ...hidden, in_batch });
    await world.run(id);
    expect(resultsOf(world, id)).toHaveLength(2);
  });

  test("are asked for by the end of each of its generations, once for all of a moment", async () => {
    const sent: unknown[] = [];
    const of = (batch_id: string | null) => ({ ...cancel(queued(), NOON), batch_id });
    await relayMembers(
      { added: [], ended: [of("bat_1"), of("bat_1"), of(null), of("bat_2")], amended: [of("bat_2")] },
      { send: async (those) => void sent.push(...those) },
    );
    expect(sent).toEqual([{ id: "bat_1" }, { id: "bat_2", isAmended: true }]);
  });
});

describe("a canceled batch", () => {
  const canceled = async (world: BatchWorld, id: string) => {
    const batch = await world.batches.get(id);
    await world.batches.save(cancelBatch(batch!, world.clock.now));
  };

  test("ends what is queued, and leaves what is running to its end", async () => {
    const world = batchWorld(
      Array.from({ length: 30 }, (_, i) => JSON.stringify({ prompt: `${i}` })).join("\n"),
    );
    const id = await world.named();
    await world.run(id);
    const running = claim(ofLine(world, 3), by);
    world.generations.put(running);
    await canceled(world, id);
    await world.run(id);
    expect(await world.view(id)).toMatchObject({
      status: "processing",
      canceled_at: "2026-11-22T12:00:00.000Z",
      counts: { total: 30, canceled: 29, running: 1 },
    });
    world.generations.put(succeeded(painted(running), NOON));
    await world.run(id);
    expect(await world.view(id)).toMatchObject({
      status: "canceled",
      counts: { canceled: 29, succeeded: 1 },
    });
    expect(resultsOf(world, id)).toHaveLength(30);
  });

  test("has nothing queued at any moment, wherever its expander dies", async () => {
    const world = batchWorld(MANIFEST);
    const id = await world.named();
    await canceled(world, id);
    // After the lines, before the checkpoint.
    world.life.left = 3;
    await expect(world.run(id)).rejects.toThrow("died");
    expect([...world.generations.records.values()].map(({ state }) => state)).toEqual(
      Array.from({ length: 3 }, () => "canceled"),
    );
  });

  test("before it is expanded makes nothing that can be painted, and says so of each line", async () => {
    const world = batchWorld(MANIFEST);
    const id = await world.named();
    await canceled(world, id);
    await world.run(id);
    expect([...world.generations.records.values()].map(({ state }) => state)).toEqual([
      "canceled",
      "canceled",
      "canceled",
    ]);
    expect(resultsOf(world, id).map(({ status }) => status)).toEqual([
      "canceled",
      "invalid",
      "canceled",
      "invalid",
      "canceled",
    ]);
    expect(await world.view(id)).toMatchObject({
      status: "canceled",
      counts: { total: 5, canceled: 3, invalid: 2 },
    });
  });

  test("in the middle of its expansion, wherever that is, leaves nothing queued", async () => {
    const lines = Array.from({ length: 130 }, (_, index) => JSON.stringify({ prompt: `fox ${index}` }));
    for (let steps = 0; steps < 140; steps += 7) {
      const world = batchWorld(lines.join("\n"));
      const id = await world.named();
      world.life.left = steps;
      await world.run(id).catch(() => {});
      world.life.left = Number.POSITIVE_INFINITY;
      await canceled(world, id);
      await world.run(id);
      expect(await world.view(id)).toMatchObject({
        status: "canceled",
        counts: { total: 130, canceled: 130 },
      });
    }
  });

  test("while another expander is still at it, leaves nothing queued", async () => {
    const world = batchWorld(
      Array.from({ length: 250 }, (_, i) => JSON.stringify({ prompt: `${i}` })).join("\n"),
    );
    const id = await world.named();
    const first = world.run(id);
    await canceled(world, id);
    await Promise.all([first, world.run(id)]);
    await world.run(id);
    expect(await world.view(id)).toMatchObject({ status: "canceled", counts: { total: 250, canceled: 250 } });
  });

  test("ends what a worker puts back into the queue later", async () => {
    const world = batchWorld(null);
    const id = await world.accept({ items: [{ prompt: "a" }] });
    await world.run(id);
    const running = claim(ofLine(world, 1), by);
    world.generations.put(running);
    await canceled(world, id);
    await world.run(id);
    world.generations.put(requeue(running, refusal({ notBefore: NOON, counted: false })));
    expect(await world.batches.due(NOON + 2 * MINUTE)).toEqual([id]);
    await world.run(id);
    expect(await world.view(id)).toMatchObject({ status: "canceled", counts: { canceled: 1 } });
  });
});

describe("a key that is used again after its batch's time", () => {
  test("paints the new prompts, and shows nothing of the old", async () => {
    const world = batchWorld();
    const first = await world.accept({ items: [{ prompt: "old mug" }] }, "july");
    await world.run(first);
    world.generations.put(succeeded(painted(submitting(ofLine(world, 1))), NOON));
    await world.run(first);
    // DynamoDB forgets in its own time: everything is still there.
    world.clock.now += 31 * DAY;
    const again = await world.accept({ items: [{ prompt: "new teapot" }, { prompt: "b" }] }, "july");
    expect(again).toBe(first);
    await world.run(again);
    expect(await world.view(again)).toMatchObject({
      status: "processing",
      counts: { total: 2, queued: 2, succeeded: 0 },
    });
    const listed = await createListing(world.generations.table.client, "table").page({
      owner: "alice",
      batch: again,
      status: null,
      createdAfter: null,
      createdBefore: null,
      after: null,
      limit: 10,
    });
    expect(listed.generations.map(({ input }) => input?.prompt)).toEqual(["b", "new teapot"]);
  });
});
