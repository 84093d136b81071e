import { describe, expect, test } from "vitest";
import { apiUnderTest } from "../../support/in-memory-api.ts";

const create = (body: unknown, headers = {}) => ({ method: "POST", path: "/generations", body, headers });

describe("creating a generation", () => {
  test("answers 201 with the picture when it ends within the wait", async () => {
    const api = apiUnderTest();
    api.meanwhile.push(async () => {
      const [id = ""] = api.generations.records.keys();
      await api.succeed(id);
    });
    const answer = await api.send(create({ prompt: "a fox" }));
    expect(answer.status).toBe(201);
    expect(answer.body).toMatchObject({ status: "succeeded", image: { width: 1664 }, metadata: {} });
    expect(answer.headers).toMatchObject({
      location: `https://api.example/v1/generations/${answer.body.id}`,
      "x-request-id": "request-1",
      etag: expect.stringMatching(/^"[\w-]{22}"$/),
    });
    expect(answer.headers["retry-after"]).toBeUndefined();
    expect(answer.headers["preference-applied"]).toBeUndefined();
  });

  test("answers 202 with an estimate of its start when it does not", async () => {
    const api = apiUnderTest();
    const answer = await api.send(create({ prompt: "a fox" }));
    expect(answer.status).toBe(202);
    expect(answer.body.status).toBe("queued");
    expect(Date.parse(answer.body.estimated_start_at)).toBe(api.clock.now);
    expect(answer.headers).toMatchObject({ "retry-after": "1", "cache-control": "no-store" });
    expect(api.clock.now - Date.parse(answer.body.created_at)).toBe(25_000);
  });

  test("counts those ahead in the queue for its estimate", async () => {
    const api = apiUnderTest();
    for (let i = 0; i < 5; i++) {
      await api.send(create({ prompt: `fox ${i}` }, { Prefer: "respond-async" }));
      api.clock.now += 1;
    }
    const answer = await api.send(create({ prompt: "the sixth" }, { Prefer: "respond-async" }));
    const start = Date.parse(answer.body.estimated_start_at) - api.clock.now;
    // Five are ahead, and no batch work waits that would take one slot of four.
    expect(Math.round(start / 1000)).toBe(5);
    expect(answer.headers["retry-after"]).toBe("7");
  });

  test("does not hold a wait that cannot end in time: 202 comes at once, and says when to ask again", async () => {
    const api = apiUnderTest();
    for (let i = 0; i < 40; i++) {
      await api.send(create({ prompt: `fox ${i}` }, { Prefer: "respond-async" }));
      api.clock.now += 1;
    }
    const before = api.clock.now;
    const answer = await api.send(create({ prompt: "the forty-first" }));
    expect(answer.status).toBe(202);
    expect(api.clock.now - before).toBeLessThan(1000);
    expect(Number(answer.headers["retry-after"])).toBeGreaterThan(25);
    // The long poll of the same is not held either.
    const read = await api.send({
      path: `/generations/${answer.body.id}`,
      headers: { Prefer: "wait=20", "If-None-Match": answer.headers["etag"] ?? "" },
    });
    expect(read.status).toBe(304);
    expect(api.clock.now - before).toBeLessThan(2000);
  });

  test("promises no start while the queue stands still", async () => {
    const api = apiUnderTest({
      pacerOf: () => ({
        pace: { interval: 1000, burst: 1 },
        status: async () => ({ nextSlotAt: 0, nextAppointmentAt: 0, paused: "key", throttled: 0 }),
      }),
    });
    const answer = await api.send(create({ prompt: "a fox" }, { Prefer: "respond-async" }));
    expect(answer.body.estimated_start_at).toBeNull();
    expect(answer.headers["retry-after"]).toBe("60");
  });

  test.each([
    ["respond-async", 202, "respond-async", 0],
    ["wait=3", 202, "wait=3", 3000],
    ["wait=900", 202, "wait=25", 25_000],
    ["respond-async, wait=2", 202, "respond-async, wait=2", 2000],
    ["Wait = 4; foo=bar, wait=9", 202, "wait=4", 4000],
    ["wait=soon", 202, undefined, 25_000],
    ["handling=lenient", 202, undefined, 25_000],
  ])("follows Prefer: %s", async (prefer, status, applied, waited) => {
    const api = apiUnderTest();
    const before = api.clock.now;
    const answer = await api.send(create({ prompt: "a fox" }, { Prefer: prefer }));
    expect(answer.status).toBe(status);
    expect(answer.headers["preference-applied"]).toBe(applied);
    expect(api.clock.now - before).toBe(waited);
  });

  test.each([
    ["X-Stainless-Read-Timeout", "10", 9000],
    ["x-stainless-timeout", "1", 500],
    ["x-stainless-timeout", "nonsense", 25_000],
  ])("answers before the caller's patience ends (%s: %s)", async (name, value, waited) => {
    const api = apiUnderTest();
    const before = api.clock.now;
    await api.send(create({ prompt: "a fox" }, { [name]: value }));
    expect(api.clock.now - before).toBe(waited);
  });

  test("answers the problem of a generation that ends without a picture within the wait", async () => {
    const api = apiUnderTest();
    api.meanwhile.push(async () => {
      const [id = ""] = api.generations.records.keys();
      await api.reject(id);
    });
    const answer = await api.send(create({ prompt: "a fox" }, { Prefer: "wait=5" }));
    const [id] = api.generations.records.keys();
    expect(answer.status).toBe(422);
    expect(answer.body).toMatchObject({ code: "content_rejected", instance: `/v1/generations/${id}` });
    expect(answer.headers).toMatchObject({
      "content-type": "application/problem+json",
      "preference-applied": "wait=5",
    });
  });

  test("replays the generation of an idempotency key, quoted or bare", async () => {
    const api = apiUnderTest();
    const headers = { Prefer: "respond-async" };
    const first = await api.send(create({ prompt: "a fox" }, { ...headers, "Idempotency-Key": "order-1" }));
    const second = await api.send(
      create({ prompt: "a fox", size: "1664x928" }, { ...headers, "idempotency-key": '"order-1"' }),
    );
    expect(first.headers["idempotent-replayed"]).toBeUndefined();
    expect(second.headers["idempotent-replayed"]).toBe("true");
    expect(second.body.id).toBe(first.body.id);
    expect(api.generations.records.size).toBe(1);
  });

  test("refuses an idempotency key with another body, and lets another owner have the same", async () => {
    const api = apiUnderTest();
    const headers = { Prefer: "respond-async", "Idempotency-Key": "order-1" };
    const first = await api.send(create({ prompt: "a fox" }, headers));
    const reused = await api.send(create({ prompt: "a hare" }, headers));
    expect([reused.status, reused.body.code]).toEqual([422, "idempotency_key_reused"]);
    const other = await api.send({ ...create({ prompt: "a hare" }, headers), owner: "bob" });
    expect(other.status).toBe(202);
    expect(other.body.id).not.toBe(first.body.id);
  });

  test("sets the deadline by Cancel-After", async () => {
    const api = apiUnderTest();
    const { body } = await api.send(
      create({ prompt: "a fox" }, { Prefer: "respond-async", "Cancel-After": "1h30m" }),
    );
    expect(Date.parse(body.deadline) - Date.parse(body.created_at)).toBe(90 * 60_000);
  });

  test("names every fault of headers and body at once", async () => {
    const api = apiUnderTest();
    const answer = await api.send(
      create(
        { prompt: "", size: "1024*1024", n: 2, sed: 1 },
        { "Idempotency-Key": "zwei Wörter", "Cancel-After": "1s" },
      ),
    );
    expect(answer.status).toBe(422);
    expect(answer.body.code).toBe("invalid_request");
    expect(answer.body.errors.map(({ pointer }: { pointer: string }) => pointer).sort()).toEqual([
      "#/headers/cancel-after",
      "#/headers/idempotency-key",
      "#/n",
      "#/prompt",
      "#/sed",
      "#/size",
    ]);
    expect(answer.body.error).toMatchObject({ type: "invalid_request_error", code: "invalid_request" });
    expect(api.generations.records.size).toBe(0);
  });

  test.each([
    ["", "malformed_json", 400],
    ["{", "malformed_json", 400],
    ["{}{}", "malformed_json", 400],
    ["[]", "invalid_request", 422],
    ["null", "invalid_request", 422],
    ['{"prompt":"a","metadata":{"__proto__":"x"}}', "invalid_request", 422],
    [JSON.stringify({ prompt: "a".repeat(65 * 1024) }), "payload_too_large", 413],
  ])("refuses the body %.20s", async (body, code, status) => {
    const answer = await apiUnderTest().send(create(body));
    expect([answer.status, answer.body.code]).toEqual([status, code]);
  });

  test("reads a body that the gateway hands over in base 64, and refuses what is no UTF-8", async () => {
    const send = (bytes: Buffer) =>
      apiUnderTest().send({
        ...create("x", { Prefer: "respond-async" }),
        event: { body: bytes.toString("base64"), isBase64Encoded: true },
      });
    expect((await send(Buffer.from('{"prompt":"füchse"}'))).body.input.prompt).toBe("füchse");
    expect((await send(Buffer.from([0x22, 0xff, 0x22]))).body.code).toBe("malformed_json");
  });

  test.each([
    ["application/json; charset=utf-8", 202],
    ["APPLICATION/JSON", 202],
    ["text/plain", 415],
    ["application/vnd.api+json", 415],
    ["", 415],
  ])("Content-Type %s answers %i", async (type, status) => {
    const answer = await apiUnderTest().send(
      create({ prompt: "a fox" }, { "Content-Type": type, Prefer: "respond-async" }),
    );
    expect(answer.status).toBe(status);
  });

  test("refuses more open generations than an owner may have, but not a repetition", async () => {
    const api = apiUnderTest({ mostOpenGenerations: 1 });
    const headers = { Prefer: "respond-async", "Idempotency-Key": "order-1" };
    await api.send(create({ prompt: "a fox" }, headers));
    const refused = await api.send(create({ prompt: "a hare" }, { Prefer: "respond-async" }));
    expect([refused.status, refused.body.code]).toEqual([429, "rate_limited"]);
    expect(Number(refused.headers["retry-after"])).toBeGreaterThan(0);
    expect(refused.body.detail).toContain("1 generations queued or running");
    expect((await api.send(create({ prompt: "a fox" }, headers))).status).toBe(202);
    expect((await api.send({ ...create({ prompt: "a hare" }, headers), owner: "bob" })).status).toBe(202);
  });
});

test("the key of a removed generation says that it is gone, and paints nothing", async () => {
  const api = apiUnderTest();
  const ask = {
    method: "POST",
    path: "/generations",
    body: { prompt: "a fox" },
    headers: { "Idempotency-Key": "order-1", Prefer: "respond-async" },
  };
  const { id } = (await api.send(ask)).body;
  await api.succeed(id);
  await api.send({ method: "DELETE", path: `/generations/${id}` });
  const again = await api.send(ask);
  expect([again.status, again.body.code, again.body.billed]).toEqual([410, "gone", "yes"]);
  expect(again.body.instance).toBe(`/v1/generations/${id}`);
  expect(again.headers["idempotent-replayed"]).toBe("true");
  expect(api.generations.records.size).toBe(1);
});
