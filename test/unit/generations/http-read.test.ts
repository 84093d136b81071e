import { describe, expect, test } from "vitest";
import { type ApiUnderTest, apiUnderTest } from "../../support/in-memory-api.ts";

async function queued(api: ApiUnderTest, body: object = { prompt: "a fox" }): Promise<string> {
  api.clock.now += 1;
  const headers = { Prefer: "respond-async" };
  return (await api.send({ method: "POST", path: "/generations", body, headers })).body.id;
}

describe("reading a generation", () => {
  test("long polls: answers as soon as it has changed", async () => {
    const api = apiUnderTest();
    const id = await queued(api);
    const { headers } = await api.send({ path: `/generations/${id}` });
    const before = api.clock.now;
    api.meanwhile.push(
      () => {},
      () => api.start(id),
    );
    const answer = await api.send({
      path: `/generations/${id}`,
      headers: { Prefer: "wait=10", "If-None-Match": headers["etag"]! },
    });
    expect(answer.status).toBe(200);
    expect(answer.body.status).toBe("running");
    expect(answer.headers["etag"]).not.toBe(headers["etag"]);
    expect(answer.headers).toMatchObject({ "preference-applied": "wait=10", "retry-after": "1" });
    expect(api.clock.now - before).toBeLessThan(1000);
  });

  test("answers 304 when nothing has changed by the end of the wait", async () => {
    const api = apiUnderTest();
    const id = await queued(api);
    const { headers } = await api.send({ path: `/generations/${id}` });
    const before = api.clock.now;
    const answer = await api.send({
      path: `/generations/${id}`,
      headers: { Prefer: "wait=3", "If-None-Match": `"other", W/${headers["etag"]}` },
    });
    expect([answer.status, answer.text, answer.headers["etag"]]).toEqual([304, "", headers["etag"]]);
    expect(answer.headers["retry-after"]).toBe(headers["retry-after"]);
    expect(headers["retry-after"]).toMatch(/^\d+$/);
    expect(api.clock.now - before).toBe(3000);
  });

  test("answers at once without Prefer, and for an ended one with it", async () => {
    const api = apiUnderTest();
    const id = await queued(api);
    const before = api.clock.now;
    expect((await api.send({ path: `/generations/${id}` })).status).toBe(200);
    await api.succeed(id);
    const ended = await api.send({ path: `/generations/${id}`, headers: { Prefer: "wait=9" } });
    expect(ended.body.status).toBe("succeeded");
    const again = await api.send({
      path: `/generations/${id}`,
      headers: { Prefer: "wait=9", "If-None-Match": ended.headers["etag"]! },
    });
    expect(again.status).toBe(304);
    expect(again.headers["retry-after"]).toBeUndefined();
    expect(api.clock.now).toBe(before);
  });

  test("waits for the end when the caller has nothing to compare with", async () => {
    const api = apiUnderTest();
    const id = await queued(api);
    api.meanwhile.push(
      () => api.start(id),
      () => {},
    );
    const answer = await api.send({ path: `/generations/${id}`, headers: { Prefer: "wait=2" } });
    expect(answer.body.status).toBe("running");
    expect(answer.headers["preference-applied"]).toBe("wait=2");
  });

  test("keeps its tag while only the presigned address is new", async () => {
    const api = apiUnderTest();
    const id = await queued(api);
    await api.succeed(id);
    const first = await api.send({ path: `/generations/${id}` });
    api.clock.now += 60_000;
    const second = await api.send({ path: `/generations/${id}` });
    expect(second.body.image.url_expires_at).not.toBe(first.body.image.url_expires_at);
    expect(second.headers["etag"]).toBe(first.headers["etag"]);
  });

  test("ends a queued one whose deadline has passed", async () => {
    const api = apiUnderTest();
    const id = await queued(api);
    api.clock.now += 25 * 3600_000;
    const answer = await api.send({ path: `/generations/${id}` });
    expect(answer.body).toMatchObject({ status: "expired", error: { code: "deadline_exceeded" } });
  });

  test.each(["gen_00000000000000000000000000", "gen_x", "__proto__", "%2e%2e"])(
    "does not know %s",
    async (id) => {
      const answer = await apiUnderTest().send({ path: `/generations/${id}` });
      expect([answer.status, answer.body.code]).toEqual([404, "not_found"]);
    },
  );
});

describe("a generation's history", () => {
  test("tells what happened to it, oldest first, and is not sent twice", async () => {
    const api = apiUnderTest();
    const id = await queued(api);
    const path = `/generations/${id}/history`;
    const open = await api.send({ path });
    expect([open.status, open.body.object, open.body.data.length]).toEqual([200, "list", 1]);
    expect(open.headers).toMatchObject({ "cache-control": "no-store", "retry-after": expect.any(String) });
    await api.succeed(id);
    const ended = await api.send({ path });
    expect(ended.body.data.map(({ event }: { event: string }) => event)).toEqual([
      "accepted",
      "claimed",
      "accepted_by_provider",
      "stored",
      "ended",
    ]);
    expect(ended.text).not.toContain("fox");
    const { headers } = await api.send({ path: `/generations/${id}` });
    expect([ended.headers["etag"], ended.headers["retry-after"]]).toEqual([headers["etag"], undefined]);
    const same = await api.send({ path, headers: { "If-None-Match": ended.headers["etag"] ?? "" } });
    expect([same.status, same.text]).toEqual([304, ""]);
  });
});

describe("the pictures of a generation", () => {
  test("are listed, and each has an address by its index", async () => {
    const api = apiUnderTest();
    const id = await queued(api);
    expect((await api.send({ path: `/generations/${id}/images/0` })).status).toBe(409);
    await api.succeed(id);
    const { body } = await api.send({ path: `/generations/${id}` });
    expect(body.images).toEqual([{ index: 0, ...body.image }]);
    const first = await api.send({ path: `/generations/${id}/image` });
    const indexed = await api.send({ path: `/generations/${id}/images/0` });
    expect([indexed.status, indexed.headers["location"]]).toEqual([302, first.headers["location"]]);
    const head = await api.send({ method: "HEAD", path: `/generations/${id}/images/0` });
    expect([head.status, head.headers["location"]]).toEqual([302, expect.stringContaining("for-head")]);
    await api.send({ method: "DELETE", path: `/generations/${id}` });
    expect((await api.send({ path: `/generations/${id}/images/0` })).status).toBe(410);
  });

  test.each(["1", "-1", "00", "1e0", "x", "%30", "99999999999"])("have none at %s", async (index) => {
    const api = apiUnderTest();
    const id = await queued(api);
    for (const ended of [false, true]) {
      if (ended) await api.succeed(id);
      const answer = await api.send({ path: `/generations/${id}/images/${index}` });
      expect([answer.status, answer.body.code]).toEqual([404, "not_found"]);
    }
  });
});

test("an item of a batch says which line it was", async () => {
  const api = apiUnderTest();
  const id = await queued(api);
  expect((await api.send({ path: `/generations/${id}` })).body.batch).toBeNull();
  const batch = `bat_${id.slice(4)}`;
  const record = await api.generations.get(id);
  if (record === null) throw new Error("not there");
  api.generations.put({ ...record, batch_id: batch, idempotency_key: `batch ${batch} 7` });
  const { body } = await api.send({ path: `/generations/${id}` });
  expect(body.batch).toEqual({ id: batch, line: 7, custom_id: null });
});

describe("the picture's stable address", () => {
  test("redirects to a presigned one, for HEAD to one that is signed for HEAD", async () => {
    const api = apiUnderTest();
    const id = await queued(api);
    await api.succeed(id);
    const got = await api.send({ path: `/generations/${id}/image` });
    expect([got.status, got.headers["location"]]).toEqual([
      302,
      `https://bucket.example/generations/${id}.png?signed`,
    ]);
    const head = await api.send({ method: "HEAD", path: `/generations/${id}/image` });
    expect([head.status, head.text]).toEqual([302, ""]);
    expect(head.headers["location"]).toContain("signed-for-head");
  });

  test("answers 409 before there is a picture, and when there never will be one", async () => {
    const api = apiUnderTest();
    const id = await queued(api);
    const early = await api.send({ path: `/generations/${id}/image` });
    expect([early.status, early.body.code, early.body.retryable]).toEqual([409, "conflict", true]);
    expect(early.headers["retry-after"]).toBeDefined();
    await api.reject(id);
    const never = await api.send({ path: `/generations/${id}/image` });
    expect([never.status, never.body.retryable]).toEqual([409, false]);
    expect((await api.send({ method: "HEAD", path: `/generations/${id}/image` })).text).toBe("");
  });

  test("answers 410 once it is removed", async () => {
    const api = apiUnderTest();
    const id = await queued(api);
    await api.succeed(id);
    await api.send({ method: "DELETE", path: `/generations/${id}` });
    const answer = await api.send({ path: `/generations/${id}/image` });
    expect([answer.status, answer.body.code, answer.body.billed]).toEqual([410, "gone", "yes"]);
  });
});

describe("ending a generation early", () => {
  test("cancels a queued one, again without effect", async () => {
    const api = apiUnderTest();
    const id = await queued(api);
    const cancel = { method: "POST", path: `/generations/${id}/cancel` };
    const first = await api.send(cancel);
    expect([first.status, first.body.status, first.body.usage.billed]).toEqual([200, "canceled", "no"]);
    const second = await api.send(cancel);
    expect(second.body).toEqual(first.body);
  });

  test("leaves a finished one as it ended, and cannot stop a running one", async () => {
    const api = apiUnderTest();
    const done = await queued(api);
    await api.succeed(done);
    const answer = await api.send({ method: "POST", path: `/generations/${done}/cancel` });
    expect([answer.status, answer.body.status]).toEqual([200, "succeeded"]);
    const running = await queued(api);
    await api.start(running);
    for (const ask of [
      { method: "POST", path: `/generations/${running}/cancel` },
      { method: "DELETE", path: `/generations/${running}` },
    ]) {
      const refused = await api.send(ask);
      expect([refused.status, refused.body.code]).toEqual([409, "conflict"]);
    }
  });

  test("cancels after losing a race against the worker's requeue", async () => {
    const api = apiUnderTest();
    const id = await queued(api);
    let lost = false;
    const save = api.generations.save;
    Object.assign(api.generations, {
      async save(next: Parameters<typeof save>[0]) {
        if (lost) return save(next);
        lost = true;
        return false;
      },
    });
    expect((await api.send({ method: "POST", path: `/generations/${id}/cancel` })).body.status).toBe(
      "canceled",
    );
  });

  test("removes picture, input and metadata, and leaves a tombstone; again as the first time", async () => {
    const api = apiUnderTest();
    const id = await queued(api, { prompt: "a fox", metadata: { order: "123" } });
    await api.succeed(id);
    expect(api.images.stored.size).toBe(1);
    const before = await api.send({ path: `/generations/${id}` });
    const ask = { method: "DELETE", path: `/generations/${id}` };
    expect((await api.send(ask)).status).toBe(204);
    expect((await api.send(ask)).status).toBe(204);
    expect(api.images.stored.size).toBe(0);
    const tombstone = await api.send({ path: `/generations/${id}` });
    expect(tombstone.body).toMatchObject({ input: null, image: null, metadata: {}, status: "succeeded" });
    expect(tombstone.body.usage).toEqual(before.body.usage);
    expect(tombstone.headers["etag"]).not.toBe(before.headers["etag"]);
  });

  test("finishes a removal that got stuck before the picture", async () => {
    const api = apiUnderTest();
    const id = await queued(api);
    await api.succeed(id);
    const { remove } = api.images;
    Object.assign(api.images, { remove: async () => Promise.reject(new Error("S3 is down")) });
    const ask = { method: "DELETE", path: `/generations/${id}` };
    expect((await api.send(ask)).status).toBe(500);
    Object.assign(api.images, { remove });
    expect((await api.send(ask)).status).toBe(204);
    expect(api.images.stored.size).toBe(0);
  });

  test("cancels a queued one on the way", async () => {
    const api = apiUnderTest();
    const id = await queued(api);
    expect((await api.send({ method: "DELETE", path: `/generations/${id}` })).status).toBe(204);
    const { body } = await api.send({ path: `/generations/${id}` });
    expect([body.status, body.input]).toEqual(["canceled", null]);
  });
});

test("an owner finds nothing of another owner's, whatever is asked", async () => {
  const api = apiUnderTest();
  const id = await queued(api);
  await api.succeed(id);
  for (const [method, path] of [
    ["GET", `/generations/${id}`],
    ["GET", `/generations/${id}/history`],
    ["GET", `/generations/${id}/image`],
    ["GET", `/generations/${id}/images/0`],
    ["HEAD", `/generations/${id}/images/0`],
    ["HEAD", `/generations/${id}/image`],
    ["POST", `/generations/${id}/cancel`],
    ["DELETE", `/generations/${id}`],
  ] as const) {
    const answer = await api.send({ method, path, owner: "bob" });
    expect([method, path, answer.status]).toEqual([method, path, 404]);
    expect(answer.text).not.toContain("fox");
  }
  expect((await api.send({ path: "/generations", owner: "bob" })).body.data).toEqual([]);
});
