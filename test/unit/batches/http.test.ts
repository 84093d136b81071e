import { describe, expect, test } from "vitest";
import { countsOf, usageOf } from "../../../lambdas/batches/counts.ts";
import { finishBatch, settleBatch } from "../../../lambdas/batches/steps.ts";
import { createRemainingBudget } from "../../../lambdas/budgets/table.ts";
import { type ApiUnderTest, apiUnderTest } from "../../support/in-memory-api.ts";

const post = (body: unknown, headers = {}, owner = "alice") => ({
  method: "POST",
  path: "/batches",
  body,
  headers,
  owner,
});
const two = { items: [{ prompt: "a" }, { prompt: "b" }], metadata: { campaign: "winter" } };
const manifest = (key: string, bucket = "bucket") => ({ manifest: { bucket, key } });
const DAY = 86_400_000;

/** Plays the expander: a batch that has ended, with nothing made of it. */
async function settled({ dependencies: { batches }, clock }: ApiUnderTest, id: string): Promise<void> {
  const batch = await batches.get(id);
  if (batch?.state !== "accepted") throw new Error();
  const read = finishBatch(batch, clock.now);
  await batches.save(read);
  const key = `results/${batch.owner}/${id}.jsonl`;
  const [counts, usage] = [countsOf(read, []), usageOf([])];
  await batches.save(settleBatch(read, { now: clock.now, results_key: key, counts, usage }));
}

const withManifest = (bytes = 10) =>
  apiUnderTest({ manifests: { bucket: "bucket", look: async () => ({ bytes, etag: '"1"' }) } });

describe("creating a batch", () => {
  test("answers 202 with what was accepted, and where it is", async () => {
    const api = apiUnderTest();
    const answer = await api.send(post(two));
    expect(answer.status).toBe(202);
    expect(answer.body).toMatchObject({
      id: expect.stringMatching(/^bat_[0-9a-z]{26}$/),
      object: "batch",
      status: "processing",
      completed_at: null,
      deadline: "2026-03-08T12:00:00.000Z",
      counts: { total: 2, queued: 2 },
      usage: { images: 0, cost: "0", currency: "USD", billed: "no" },
      error: null,
      metadata: { campaign: "winter" },
    });
    expect(answer.headers).toMatchObject({
      location: `https://api.example/v1/batches/${answer.body.id}`,
      "retry-after": "3",
      "cache-control": "no-store",
    });
    expect(answer.headers["idempotent-replayed"]).toBeUndefined();
    expect(api.signals).toMatchObject([{ name: "BatchesAccepted" }]);
    const read = await api.send({ path: `/batches/${answer.body.id}` });
    expect([read.status, read.body]).toEqual([200, answer.body]);
  });

  test("points at every fault of every item at once", async () => {
    const { status, body } = await apiUnderTest().send(
      post({ items: [{ prompt: "a" }, { prompt: "", size: "1*1" }, {}], colour: "red" }),
    );
    expect([status, body.code]).toEqual([422, "invalid_request"]);
    expect(body.errors.map(({ pointer }: { pointer: string }) => pointer).sort()).toEqual([
      "#/colour",
      "#/items/1/prompt",
      "#/items/1/size",
      "#/items/2/prompt",
    ]);
  });

  test.each([
    ["neither items nor a manifest", {}, "#"],
    ["both", { ...two, ...manifest("manifests/alice/a") }, "#"],
    ["no items", { items: [] }, "#/items"],
    ["more than a hundred", { items: Array.from({ length: 101 }, () => ({ prompt: "a" })) }, "#/items"],
    ["another bucket", manifest("manifests/alice/a", "other"), "#/manifest/bucket"],
    ["another folder", manifest("generations/gen_1.png"), "#/manifest/key"],
    ["another owner's folder", manifest("manifests/bob/a"), "#/manifest/key"],
    ["a manifest that is not there", manifest("manifests/alice/a"), "#/manifest/key"],
  ])("refuses %s", async (_, body, pointer) => {
    const answer = await apiUnderTest().send(post(body));
    expect(answer.status).toBe(422);
    expect(answer.body.errors).toMatchObject([{ pointer }]);
  });

  test("refuses a manifest of more than 32 MiB", async () => {
    const answer = await withManifest(33 * 1024 * 1024).send(post(manifest("manifests/alice/a")));
    expect(answer.body.errors[0].detail).toMatch(/at most 33554432/);
  });

  test("by a manifest knows nothing of its lines yet", async () => {
    const answer = await withManifest().send(post(manifest("manifests/alice/a")));
    expect(answer.status).toBe(202);
    expect(answer.body).toMatchObject({ status: "processing", counts: { total: 0 }, items: [] });
  });

  test("with the same key and body is the same batch, with another body a fault", async () => {
    const api = apiUnderTest();
    const key = { "Idempotency-Key": "july" };
    const first = await api.send(post(two, key));
    const again = await api.send(
      post({ ...two, items: [{ prompt: "a", size: "1664x928" }, two.items[1]] }, key),
    );
    expect([again.status, again.body.id]).toEqual([202, first.body.id]);
    expect(again.headers["idempotent-replayed"]).toBe("true");
    const other = await api.send(post({ items: [{ prompt: "c" }] }, key));
    expect([other.status, other.body.code]).toEqual([422, "idempotency_key_reused"]);
    expect(other.body.instance).toBe(`/v1/batches/${first.body.id}`);
    const bob = await api.send(post(two, key, "bob"));
    expect(bob.body.id).not.toBe(first.body.id);
  });

  test("of two at the same moment one is the repetition", async () => {
    const api = apiUnderTest();
    const answers = await Promise.all([1, 2].map(() => api.send(post(two, { "Idempotency-Key": "july" }))));
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
    expect(answers.map(({ headers }) => headers["idempotent-replayed"]).sort()).toEqual(["true", undefined]);
  });

  test("replays a manifest that is gone by now", async () => {
    let there = true;
    const api = apiUnderTest({
      manifests: { bucket: "bucket", look: async () => (there ? { bytes: 1, etag: '"1"' } : null) },
    });
    const send = () => api.send(post(manifest("manifests/alice/a"), { "Idempotency-Key": "july" }));
    const first = await send();
    there = false;
    expect((await send()).body.id).toBe(first.body.id);
  });

  test("is refused to an owner whose queue is full", async () => {
    const answer = await apiUnderTest({ mostOpenGenerations: 0 }).send(post(two));
    expect([answer.status, answer.body.code]).toEqual([429, "rate_limited"]);
  });

  describe("by an owner whose budget has 0.15 left", () => {
    const COUNTER = "budget#owner#alice#2026-03#USD";
    const capped = (held = 100_000) => {
      const api = withManifest();
      const { client, items } = api.generations.table;
      items.set(COUNTER, { pk: COUNTER, held_millionths: held });
      const budget = { owner: 250_000, environment: null };
      const remainingBudget = createRemainingBudget(client, {
        table: "table",
        budget,
        currency: "USD",
        now: () => api.clock.now,
      });
      Object.assign(api.dependencies, { remainingBudget });
      return { api, items };
    };
    const three = { items: [...two.items, { prompt: "c" }] };

    test("is accepted where all its items, or a picture of its manifest, are covered", async () => {
      const { api } = capped();
      expect((await api.send(post(two))).status).toBe(202);
      expect((await api.send(post(manifest("manifests/alice/a")))).status).toBe(202);
    });

    test("is refused where they are not, and leaves nothing behind", async () => {
      const { api, items } = capped();
      const answer = await api.send(post(three, { "Idempotency-Key": "july" }));
      expect(answer.body).toMatchObject({ status: 402, code: "budget_exceeded", billed: "no" });
      items.set(COUNTER, { pk: COUNTER, held_millionths: 250_000 });
      const named = await api.send(post(manifest("manifests/alice/a")));
      expect(named.body).toMatchObject({ status: 402, code: "budget_exceeded" });
      expect([...items.keys()].filter((pk) => pk.startsWith("batch#"))).toEqual([]);
      expect((await api.send(post(two, {}, "bob"))).status).toBe(202);
    });

    test("is answered again all the same where it was accepted before", async () => {
      const { api, items } = capped();
      const ask = post(two, { "Idempotency-Key": "july" });
      const first = await api.send(ask);
      items.set(COUNTER, { pk: COUNTER, held_millionths: 250_000 });
      const again = await api.send(ask);
      expect([again.status, again.body.id]).toEqual([202, first.body.id]);
    });
  });

  test("sets the deadline of its generations", async () => {
    const answer = await apiUnderTest().send(post(two, { "Cancel-After": "48h" }));
    expect(answer.body.deadline).toBe("2026-03-03T12:00:00.000Z");
  });
});

describe("reading a batch", () => {
  test("that is another owner's, unknown or none at all is 404", async () => {
    const api = apiUnderTest();
    const { body } = await api.send(post(two));
    for (const [path, owner] of [
      [`/batches/${body.id}`, "bob"],
      ["/batches/bat_00000000000000000000000000", "alice"],
      ["/batches/x", "alice"],
    ] as const)
      expect((await api.send({ path, owner })).body).toMatchObject({ status: 404, code: "not_found" });
  });

  test("whose time is over is 404: its generations may be gone. Until it has ended it has no such time", async () => {
    const api = apiUnderTest();
    const { body } = await api.send(post(two));
    api.clock.now += 30 * DAY;
    expect((await api.send({ path: `/batches/${body.id}` })).status).toBe(200);
    await settled(api, body.id);
    api.clock.now += 29 * DAY;
    expect((await api.send({ path: `/batches/${body.id}` })).body).toMatchObject({ status: "completed" });
    api.clock.now += DAY;
    expect((await api.send({ path: `/batches/${body.id}` })).status).toBe(404);
  });
});
