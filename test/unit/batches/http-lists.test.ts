import { describe, expect, test } from "vitest";
import { createManifestUploads } from "../../../lambdas/batches/addresses.ts";
import { countsOf, usageOf } from "../../../lambdas/batches/counts.ts";
import { finishBatch, settleBatch } from "../../../lambdas/batches/steps.ts";
import { create } from "../../../lambdas/generations/create.ts";
import { lineKeyOf } from "../../../lambdas/platform/ids.ts";
import { createObjectAddresses } from "../../../lambdas/platform/object-addresses.ts";
import { offer, schema } from "../../support/generations.ts";
import { type ApiUnderTest, apiUnderTest } from "../../support/in-memory-api.ts";

const post = (body: unknown, owner = "alice") => ({ method: "POST", path: "/batches", body, owner });
const items = (count: number) => ({
  items: Array.from({ length: count }, (_, i) => ({ prompt: `fox ${i}` })),
});

/** Plays the expander: makes the generations of a batch that was accepted. */
async function expanded(api: ApiUnderTest, id: string): Promise<string[]> {
  const batch = await api.dependencies.batches.get(id);
  if (batch?.state !== "accepted" || batch.source.kind !== "inline") throw new Error();
  const made = batch.source.lines.map(async (line, index) => {
    const idempotencyKey = lineKeyOf(id, index + 1, batch.edition);
    const intent = { request: schema.parse(JSON.parse(line)), owner: batch.owner, idempotencyKey };
    const dependencies = { ...api.dependencies, offer, random: () => 0.5 };
    const { generation } = await create(
      { ...intent, lane: "batch", batch: { id, customId: `line ${index + 1}` } },
      dependencies,
    );
    return generation.id;
  });
  await api.dependencies.batches.save(finishBatch(batch, api.clock.now));
  return Promise.all(made);
}

describe("the generations of a batch", () => {
  test("are listed by it, its last line first, page by page, and tell their place", async () => {
    const api = apiUnderTest();
    const { body: batch } = await api.send(post(items(5)));
    await api.send(post(items(2)));
    const ids = await expanded(api, batch.id);
    const found: { id: string; batch: object }[] = [];
    for (let path = `/generations?batch=${batch.id}&limit=2`; path !== ""; ) {
      const { body, headers } = await api.send({ path });
      found.push(...body.data);
      path = /v1(\/[^>]*)>/.exec(headers["link"] ?? "")?.[1] ?? "";
    }
    expect(found.map(({ id }) => id)).toEqual([...ids].reverse());
    expect(found[0]?.batch).toEqual({ id: batch.id, line: 5, custom_id: "line 5" });
  });

  test("are listed by status and time too", async () => {
    const api = apiUnderTest();
    const { body: batch } = await api.send(post(items(3)));
    const [first = "", second = ""] = await expanded(api, batch.id);
    await api.succeed(second);
    const listed = async (query: string) =>
      (await api.send({ path: `/generations?batch=${batch.id}&${query}` })).body.data.map(
        ({ id }: { id: string }) => id,
      );
    expect(await listed("status=succeeded")).toEqual([second]);
    expect(await listed("status=queued")).toContain(first);
    expect(await listed("created_after=2100-01-01T00:00:00Z")).toEqual([]);
  });

  test("are nothing to another owner, whatever batch is named", async () => {
    const api = apiUnderTest();
    const { body: batch } = await api.send(post(items(3)));
    await expanded(api, batch.id);
    const { status, body } = await api.send({ path: `/generations?batch=${batch.id}&limit=1`, owner: "bob" });
    expect([status, body]).toEqual([200, { object: "list", data: [], has_more: false, next_cursor: null }]);
    expect((await api.send({ path: "/generations?batch=july" })).body.errors).toMatchObject([
      { pointer: "#/query/batch" },
    ]);
  });
});

describe("the batches of an owner", () => {
  test("are listed newest first, page by page, by a cursor of this list alone", async () => {
    const api = apiUnderTest();
    const made: string[] = [];
    for (let hour = 0; hour < 5; hour++) {
      api.clock.now += 3_600_000;
      made.unshift((await api.send(post(items(1)))).body.id);
    }
    await api.send(post(items(1), "bob"));
    const first = await api.send({ path: "/batches?limit=3" });
    expect(first.body.data.map(({ id }: { id: string }) => id)).toEqual(made.slice(0, 3));
    expect(first.body.data[0]).toMatchObject({ object: "batch", counts: { total: 1, queued: 1 } });
    const next = /v1(\/[^>]*)>/.exec(first.headers["link"] ?? "")?.[1] ?? "";
    const second = await api.send({ path: next });
    expect(second.body.data.map(({ id }: { id: string }) => id)).toEqual(made.slice(3));
    expect([second.body.has_more, second.body.next_cursor, second.headers["link"]]).toEqual([
      false,
      null,
      undefined,
    ]);
    const cursor = first.body.next_cursor;
    for (const ask of [{ path: next, owner: "bob" }, { path: `/generations?limit=3&after=${cursor}` }])
      expect((await api.send(ask)).body.errors).toMatchObject([{ pointer: "#/query/after" }]);
  });

  test("that have ended are shown with their results, and are not counted again", async () => {
    const api = apiUnderTest();
    const { body: batch } = await api.send(post(items(2)));
    const [first = "", second = ""] = await expanded(api, batch.id);
    await api.succeed(first);
    await api.reject(second);
    const { batches } = api.dependencies;
    const read = await batches.get(batch.id);
    if (read?.state !== "expanded") throw new Error();
    const members = await batches.members(read);
    const results_key = `results/alice/${batch.id}.jsonl`;
    const end = { now: api.clock.now, results_key, counts: countsOf(read, members), usage: usageOf(members) };
    await batches.save(settleBatch(read, end));
    Object.assign(api.dependencies, {
      batches: { ...batches, members: () => Promise.reject(new Error("counted")) },
    });
    const { body } = await api.send({ path: `/batches/${batch.id}` });
    expect(body).toMatchObject({
      status: "completed",
      counts: { total: 2, succeeded: 1, failed: 1 },
      usage: { images: 1, cost: "0.075", currency: "USD" },
      results: { bucket: "bucket", key: results_key, url: expect.stringContaining(results_key) },
    });
    expect((await api.send({ path: "/batches" })).body.data[0]).toEqual(body);
  });
});

describe("canceling a batch", () => {
  test("says so in the record, and sends it to the expander; again it is the same", async () => {
    const api = apiUnderTest();
    const { body: batch } = await api.send(post(items(2)));
    const cancel = { method: "POST", path: `/batches/${batch.id}/cancel` };
    const first = await api.send(cancel);
    api.clock.now += 1000;
    const again = await api.send(cancel);
    expect([first.status, again.status]).toEqual([200, 200]);
    expect(again.body).toMatchObject({ status: "processing", canceled_at: "2026-03-01T12:00:00.000Z" });
    expect(api.sent).toEqual([{ id: batch.id }, { id: batch.id }]);
  });

  test("of another owner's, or of one that is not there, is 404", async () => {
    const api = apiUnderTest();
    const { body: batch } = await api.send(post(items(2)));
    for (const [id, owner] of [
      [batch.id, "bob"],
      ["bat_00000000000000000000000000", "alice"],
    ])
      expect((await api.send({ method: "POST", path: `/batches/${id}/cancel`, owner })).status).toBe(404);
    expect(api.sent).toEqual([]);
  });
});

describe("a place for a manifest", () => {
  test("is the owner's own, for as many bytes as were named", async () => {
    const api = apiUnderTest();
    const place = (body: unknown, owner = "alice") =>
      api.send({ method: "POST", path: "/batches/manifests", body, owner });
    expect(await place({ bytes: 7 })).toMatchObject({
      status: 201,
      body: { object: "manifest", bucket: "bucket", key: "manifests/alice/new", bytes: 7, method: "PUT" },
    });
    expect((await place({ bytes: 7 }, "bob")).body.key).toBe("manifests/bob/new");
    for (const bytes of [0, -1, 1.5, 33 * 1024 * 1024, "7"])
      expect((await place({ bytes })).body.errors).toMatchObject([{ pointer: "#/bytes" }]);
  });

  test("is signed for its length, and for no checksum of a body that is not known", async () => {
    const addresses = createObjectAddresses({
      region: "eu-west-1",
      endpoint: undefined,
      credentials: { accessKeyId: "a", secretAccessKey: "b" },
      now: () => 0,
    });
    const uploads = createManifestUploads(addresses, "bucket");
    const { url, key, expiresAt } = await uploads.place("alice", 48_213);
    const { searchParams } = new URL(url);
    expect(key).toMatch(/^manifests\/alice\/[0-9a-z]{26}$/);
    expect(searchParams.get("X-Amz-SignedHeaders")).toBe("content-length;host");
    expect([...searchParams.keys()].filter((name) => name.includes("checksum"))).toEqual([]);
    expect([searchParams.get("X-Amz-Expires"), expiresAt]).toEqual(["900", "1970-01-01T00:15:00.000Z"]);
    expect((await uploads.place("alice", 1)).key).not.toBe(key);
  });
});
