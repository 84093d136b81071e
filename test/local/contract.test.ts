import { randomUUID } from "node:crypto";
import { PutCommand, UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createApiKeyStore } from "../../lambdas/store/api-keys.ts";
import { keyOf, lineKey } from "../../lambdas/store/generation-item.ts";
import { DescribedApi, type Told } from "../support/described-api.ts";
import { addFault } from "../support/fault-proxy/client.ts";
import { HELD_MODEL, hold } from "../support/pacer-hold.ts";
import { changeVariables } from "./function-variables.ts";
import { aws, callsFor, expectQueuesEmpty, proxyUrl, stack, uniquePrompt, until } from "./harness.ts";

/** The API's routes, and what each answers when nothing is wrong. */
const ROUTES: Readonly<Record<string, readonly number[]>> = {
  "POST /v1/generations": [201, 202],
  "GET /v1/generations": [200],
  "GET /v1/generations/{id}": [200, 304],
  "DELETE /v1/generations/{id}": [204],
  "GET /v1/generations/{id}/image": [302],
  "HEAD /v1/generations/{id}/image": [302],
  "POST /v1/generations/{id}/cancel": [200],
  "POST /v1/batches": [202],
  "GET /v1/batches/{id}": [200],
  "POST /v1/images/generations": [200],
  "GET /v1/models": [200],
  "GET /v1/openapi.json": [200],
  "GET /v1/docs": [200],
  "GET /v1/health": [200],
};

const OPEN = ["GET /v1/openapi.json", "GET /v1/docs", "GET /v1/health"];

/** Every code a problem may have, and its status. */
const CODES: Readonly<Record<string, number>> = {
  malformed_json: 400,
  unauthorized: 401,
  budget_exceeded: 402,
  forbidden: 403,
  not_found: 404,
  method_not_allowed: 405,
  conflict: 409,
  gone: 410,
  payload_too_large: 413,
  unsupported_media_type: 415,
  invalid_request: 422,
  idempotency_key_reused: 422,
  content_rejected: 422,
  provider_rejected: 422,
  rate_limited: 429,
  internal: 500,
  provider_unavailable: 502,
  provider_misconfigured: 502,
  image_unavailable: 502,
  provider_throttled: 503,
  upstream_outcome_unknown: 504,
  deadline_exceeded: 504,
};

const api = await DescribedApi.at(stack.api_url, stack.api_key);
const ask = api.ask.bind(api);

const ASYNC = { prefer: "respond-async" };
const idOf = ({ body }: Told): string => String(body["id"]);
const tagOf = ({ headers }: Told): string => headers.get("etag") ?? "";
const pointersOf = ({ body }: Told): string[] =>
  (body["errors"] as { pointer: string }[]).map(({ pointer }) => pointer).sort();

/** Creates a generation that has ended when this answers. */
const painted = (headers: Record<string, string> = {}, json: object = {}): Promise<Told> =>
  ask("/generations", { json: { prompt: uniquePrompt(), ...json }, headers });

async function apiKeyOf(owner: string): Promise<string> {
  return (await createApiKeyStore(aws.table, stack.table_name, Date.now).create(owner)).key;
}

describe("a creation", () => {
  test("answers 201 with the ended generation, its address and its tag", async () => {
    const prompt = uniquePrompt();
    const told = await ask("/generations", {
      json: { prompt, size: "928x1664", seed: 7, metadata: { order: "123" } },
      headers: { prefer: "wait=99" },
    });

    expect(told.status).toBe(201);
    expect(told.headers.get("preference-applied")).toBe("wait=25");
    expect(told.headers.get("location")).toBe(`/v1/generations/${idOf(told)}`);
    expect(tagOf(told)).toMatch(/^"[^"]+"$/);
    expect(told.headers.get("cache-control")).toBe("no-store");
    expect(told.headers.has("retry-after")).toBe(false);
    expect(told.headers.has("idempotent-replayed")).toBe(false);
    expect(told.body).toMatchObject({
      status: "succeeded",
      metadata: { order: "123" },
      warnings: [],
      input: { prompt, size: "928*1664", seed: 7 },
    });
  });

  test("answers 202 at once for respond-async, with when to ask again", async () => {
    const told = await painted(ASYNC, { prompt: uniquePrompt("[[latency:1500]]") });

    expect(told.status).toBe(202);
    expect(told.headers.get("preference-applied")).toBe("respond-async");
    expect(Number(told.headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
    expect(told.headers.get("cache-control")).toBe("no-store");
    expect(told.body).toMatchObject({ completed_at: null, image: null, error: null });
  });

  test("takes the longest text, and warns of what the provider may cut", async () => {
    const prompt = `${uniquePrompt()} ${"ü".repeat(1000)}`;
    const told = await painted({}, { prompt, negative_prompt: "n".repeat(501) });

    expect(told.body["warnings"]).toEqual([
      expect.stringContaining("prompt"),
      expect.stringContaining("negative_prompt"),
    ]);
    expect((await callsFor(prompt))[0]?.prompt).toBe(prompt);
  });

  test("replays the same intent for the same key, and says so", async () => {
    const key = randomUUID();
    const json = { prompt: uniquePrompt(), size: "928*1664" };
    const first = await painted({ "idempotency-key": key }, json);
    const again = await painted({ "idempotency-key": `"${key}"` }, { ...json, size: "928x1664" });

    expect([first.status, again.status]).toEqual([201, 201]);
    expect(idOf(again)).toBe(idOf(first));
    expect([first, again].map(({ headers }) => headers.get("idempotent-replayed"))).toEqual([null, "true"]);
    expect(await callsFor(json.prompt)).toHaveLength(1);

    const other = await painted({ "idempotency-key": key }, { prompt: uniquePrompt() });
    expect(other).toMatchObject({ status: 422, body: { code: "idempotency_key_reused" } });
    expect(other.body["instance"]).toBe(`/v1/generations/${idOf(first)}`);
    expect(other.body["detail"]).toContain(idOf(first));
  });

  test("points at every fault of body and headers at once", async () => {
    const prompt = uniquePrompt();
    const told = await ask("/generations", {
      json: { prompt: 7, size: "1*1", n: 2, seed: -1, metadata: { a: 1 }, "a/b": prompt, model: "dall-e" },
      headers: { "cancel-after": "soon", "idempotency-key": "a b" },
    });

    expect(told).toMatchObject({ status: 422, body: { code: "invalid_request", billed: "no" } });
    expect(pointersOf(told)).toEqual([
      "#/a~1b",
      "#/headers/cancel-after",
      "#/headers/idempotency-key",
      "#/metadata/a",
      "#/model",
      "#/n",
      "#/prompt",
      "#/seed",
      "#/size",
    ]);
    expect(await callsFor(prompt)).toEqual([]);
  });

  test.each(["", "4s", "169h", "1e3", "-5", "5m 3s", "m"])("refuses Cancel-After %j", async (text) => {
    const told = await painted({ "cancel-after": text });

    expect([told.status, pointersOf(told)]).toEqual([422, ["#/headers/cancel-after"]]);
  });

  test("takes Cancel-After in all its spellings", async () => {
    for (const [text, seconds] of [
      ["30s", 30],
      ["5m", 300],
      ["1h30m", 5400],
      ["5", 5],
    ] as const) {
      const { body } = await painted({ ...ASYNC, "cancel-after": text });
      const lives = Date.parse(String(body["deadline"])) - Date.parse(String(body["created_at"]));
      expect(lives).toBe(seconds * 1000);
    }
  });
});

describe.each(["/generations", "/images/generations", "/batches"])("a body that %s cannot take", (path) => {
  const post = (body: string, type = "application/json") =>
    ask(path, { method: "POST", body, headers: { "content-type": type } });

  test("is malformed, of another type, too large or invalid", async () => {
    for (const body of ["", '{"prompt":', "\u0000", "[1,]"])
      expect(await post(body)).toMatchObject({ status: 400, body: { code: "malformed_json" } });
    for (const type of ["text/plain", "application/x-www-form-urlencoded", "application/jsonp"])
      expect(await post('{"prompt":"a"}', type)).toMatchObject({
        status: 415,
        body: { code: "unsupported_media_type" },
      });
    expect(await post(JSON.stringify({ prompt: "a".repeat(65_536) }))).toMatchObject({
      status: 413,
      body: { code: "payload_too_large" },
    });
    for (const body of ["null", "[]", '"a"', "{}", '{"prompt":"a","__proto__":{}}'])
      expect(await post(body)).toMatchObject({ status: 422, body: { code: "invalid_request" } });
  });

  test("may be as large as 64 KiB, and in a type with parameters", async () => {
    const body = JSON.stringify({ prompt: "a" }).padEnd(65_536, " ");
    const told = await ask(path, {
      body: body.replace('"a"', '""').padEnd(65_536, " "),
      headers: { "content-type": "Application/JSON; charset=utf-8" },
    });
    expect([told.status, told.body["code"]]).toEqual([422, "invalid_request"]);
  });
});

describe("a batch", () => {
  test("is accepted at once, and read until it is complete", async () => {
    const key = randomUUID();
    const request = {
      json: { items: [{ prompt: uniquePrompt() }, { prompt: uniquePrompt() }] },
      headers: { "idempotency-key": key },
    };
    const told = await ask("/batches", request);
    const again = await ask("/batches", request);

    expect([told.status, again.status]).toEqual([202, 202]);
    expect(told.headers.get("location")).toBe(`/v1/batches/${idOf(told)}`);
    expect(Number(told.headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
    expect([idOf(again), again.headers.get("idempotent-replayed")]).toEqual([idOf(told), "true"]);
    const other = await ask("/batches", { ...request, json: { items: [{ prompt: uniquePrompt() }] } });
    expect(other).toMatchObject({ status: 422, body: { code: "idempotency_key_reused" } });
    const complete = await until("the batch is complete", async () => {
      const read = await ask(`/batches/${idOf(told)}`);
      return read.body["completed_at"] !== null && read;
    });
    expect(complete.headers.has("retry-after")).toBe(false);
    expect(complete.body).toMatchObject({ counts: { total: 2, succeeded: 2 } });
  });

  test("points at every fault of every item at once", async () => {
    const told = await ask("/batches", {
      json: { items: [{ prompt: "" }, { prompt: "a fox", n: 2 }], colour: "red" },
      headers: { "cancel-after": "soon" },
    });
    expect([told.status, pointersOf(told)]).toEqual([
      422,
      ["#/colour", "#/headers/cancel-after", "#/items/0/prompt", "#/items/1/n"],
    ]);
  });
});

describe("a finished generation", () => {
  let generation: Told;
  let path: string;
  beforeAll(async () => {
    generation = await painted({}, { size: "1328*1328" });
    path = `/generations/${idOf(generation)}`;
  });

  test("reads with a strong tag, and 304 for it", async () => {
    const read = await ask(path);
    expect([read.status, tagOf(read)]).toEqual([200, tagOf(generation)]);
    expect(read.body).toMatchObject({ ...generation.body, image: expect.any(Object) });

    const same = await ask(path, { headers: { "if-none-match": `"other", ${tagOf(read)}` } });
    expect([same.status, same.text, tagOf(same)]).toEqual([304, "", tagOf(read)]);
    const before = Date.now();
    const long = await ask(path, { headers: { "if-none-match": tagOf(read), prefer: "wait=20" } });
    expect(long.status).toBe(304);
    expect(Date.now() - before).toBeLessThan(10_000);
  });

  test("has a picture behind one address, for GET and for HEAD", async () => {
    const { bytes } = generation.body["image"] as { bytes: number };
    const get = await ask(`${path}/image`);
    const head = await ask(`${path}/image`, { method: "HEAD" });

    expect([get.status, get.text, head.status, head.text]).toEqual([302, "", 302, ""]);
    const picture = await fetch(get.headers.get("location") ?? "");
    expect((await picture.arrayBuffer()).byteLength).toBe(bytes);
    const asked = await fetch(head.headers.get("location") ?? "", { method: "HEAD" });
    expect([asked.status, asked.headers.get("content-length")]).toEqual([200, String(bytes)]);
    expect(asked.headers.get("content-type")).toBe("image/png");
  });

  test("stays as it ended when it is canceled", async () => {
    const canceled = await ask(`${path}/cancel`, { method: "POST" });
    expect(canceled).toMatchObject({ status: 200, body: { status: "succeeded" } });
    expect(tagOf(canceled)).toBe(tagOf(generation));
  });

  test("leaves a tombstone when it is removed, however often", async () => {
    const key = randomUUID();
    const request = { json: { prompt: uniquePrompt() }, headers: { "idempotency-key": key } };
    const first = await ask("/images/generations", request);
    const mine = `/generations/${first.headers.get("x-generation-id")}`;
    const image = await ask(`${mine}/image`);

    for (let time = 0; time < 2; time++) {
      const removed = await ask(mine, { method: "DELETE" });
      expect([removed.status, removed.text]).toEqual([204, ""]);
    }
    const left = await ask(mine);
    expect(left).toMatchObject({
      status: 200,
      body: { status: "succeeded", input: null, image: null, metadata: {}, usage: { billed: "yes" } },
    });
    expect(await ask(`${mine}/image`)).toMatchObject({ status: 410, body: { code: "gone" } });
    expect((await ask(`${mine}/image`, { method: "HEAD" })).status).toBe(410);
    expect((await fetch(image.headers.get("location") ?? "")).status).toBe(404);
    expect((await ask(`${mine}/cancel`, { method: "POST" })).status).toBe(200);
    // The key goes on naming what was removed.
    expect(await ask("/images/generations", request)).toMatchObject({ status: 410, body: { code: "gone" } });
    expect(await callsFor(request.json.prompt)).toHaveLength(1);
  });
});

describe("a generation that runs", () => {
  test("cannot be canceled, removed or looked at", async () => {
    const { body } = await painted(ASYNC, { prompt: uniquePrompt("[[latency:3500]]") });
    const path = `/generations/${body["id"]}`;
    await until("it runs", async () => (await ask(path)).body["status"] === "running");

    for (const told of [
      await ask(`${path}/cancel`, { method: "POST" }),
      await ask(path, { method: "DELETE" }),
      await ask(`${path}/image`),
    ]) {
      expect(told).toMatchObject({ status: 409, body: { code: "conflict", retryable: true } });
      expect(Number(told.headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
    }
    const head = await ask(`${path}/image`, { method: "HEAD" });
    expect([head.status, head.text]).toEqual([409, ""]);
    const read = await ask(path, { headers: { prefer: "wait=20" } });
    expect(read).toMatchObject({ status: 200, body: { status: "succeeded" } });
    expect(read.headers.get("preference-applied")).toBe("wait=20");
  });
});

describe("a generation that waits for its turn", () => {
  beforeAll(() => hold(aws.table, stack.table_name, 14_000));
  // Other files count on an empty queue.
  afterAll(() => expectQueuesEmpty());
  const wait = (headers: Record<string, string> = ASYNC) => painted(headers, { model: HELD_MODEL });

  test("tells its prospects, and has no picture yet", async () => {
    const told = await wait();
    const path = `/generations/${idOf(told)}`;

    expect(told).toMatchObject({ status: 202, body: { status: "queued", started_at: null } });
    const starts = Date.parse(String(told.body["estimated_start_at"])) - Date.now();
    expect(starts).toBeGreaterThan(3_000);
    const retry = Number(told.headers.get("retry-after"));
    expect([retry > starts / 1000, retry < starts / 1000 + 3]).toEqual([true, true]);
    const image = await ask(`${path}/image`);
    expect(image).toMatchObject({ status: 409, body: { code: "conflict", retryable: true } });
    expect(Number(image.headers.get("retry-after"))).toBeGreaterThan(3);
    await ask(`${path}/cancel`, { method: "POST" });
  });

  test("is canceled once and for all, unbilled; a long poll hears of it", async () => {
    const told = await wait();
    const path = `/generations/${idOf(told)}`;

    const unchanged = await ask(path, { headers: { "if-none-match": tagOf(told), prefer: "wait=1" } });
    expect([unchanged.status, tagOf(unchanged)]).toEqual([304, tagOf(told)]);
    expect(unchanged.headers.get("preference-applied")).toBe("wait=1");

    const poll = ask(path, { headers: { "if-none-match": tagOf(told), prefer: "wait=20" } });
    const canceled = await ask(`${path}/cancel`, { method: "POST" });
    const again = await ask(`${path}/cancel`, { method: "POST" });
    expect(canceled).toMatchObject({ status: 200, body: { status: "canceled", usage: { billed: "no" } } });
    expect([again.body, tagOf(again)]).toEqual([canceled.body, tagOf(canceled)]);
    expect(await poll).toMatchObject({ status: 200, body: { status: "canceled" } });
    expect(await ask(`${path}/image`)).toMatchObject({
      status: 409,
      body: { code: "conflict", retryable: false },
    });
  });

  test("is canceled by its removal", async () => {
    const path = `/generations/${idOf(await wait())}`;
    expect((await ask(path, { method: "DELETE" })).status).toBe(204);
    expect((await ask(path, { method: "DELETE" })).status).toBe(204);
    expect((await ask(path)).body).toMatchObject({ status: "canceled", input: null });
  });

  test("keeps an OpenAI SDK for as long as it has patience, then asks it to come again", async () => {
    const told = await ask("/images/generations", {
      json: { prompt: uniquePrompt(), model: HELD_MODEL },
      headers: { "x-stainless-read-timeout": "2" },
    });
    expect(told).toMatchObject({ status: 503, body: { code: "provider_throttled", retryable: true } });
    expect(told.headers.get("x-should-retry")).toBe("true");
    expect(told.headers.get("retry-after")).toBe("2");
    await ask(`/generations/${told.headers.get("x-generation-id")}/cancel`, { method: "POST" });
  });

  test("expires at its deadline, unbilled", async () => {
    const prompt = uniquePrompt();
    const told = await painted({ "cancel-after": "5s" }, { prompt, model: HELD_MODEL });

    expect(told).toMatchObject({ status: 504, body: { code: "deadline_exceeded", billed: "no" } });
    const read = await ask(String(told.body["instance"]).replace("/v1", ""));
    expect(read.body).toMatchObject({ status: "expired", error: { code: "deadline_exceeded" } });
    expect(await callsFor(prompt)).toEqual([]);
  });
});

describe.concurrent("an end without a picture", () => {
  test.each([
    ["content_rejected", "no", "[[error:400:DataInspectionFailed]]", 1],
    ["provider_rejected", "no", "[[error:400:InvalidParameter]]", 1],
    ["provider_unavailable", "no", "[[error:500:RequestTimeOut]]", 2],
    ["upstream_outcome_unknown", "unknown", "[[fault:reset]]", 1],
    ["image_unavailable", "yes", "[[fault:image-expired]]", 1],
    ["provider_throttled", "no", "[[fault:throttle]]", 8],
  ])("is the problem %s, billed: %s", async (code, billed, marker, submissions) => {
    const prompt = uniquePrompt(marker);
    const told = await ask("/generations", { json: { prompt } });

    expect(told).toMatchObject({ status: CODES[code], body: { code, billed } });
    expect(told.headers.has("retry-after")).toBe(code === "provider_throttled");
    expect(await callsFor(prompt)).toHaveLength(submissions);
    const read = await ask(String(told.body["instance"]).replace("/v1", ""));
    expect(read.body).toMatchObject({ status: "failed", error: { code, billed }, usage: { billed } });
  });

  // Other operator's faults stop the queue until they are mended; a model that is withdrawn never comes back.
  test("is provider_misconfigured for a model that is withdrawn while it waits", async () => {
    const key = { "idempotency-key": randomUUID() };
    const json = { prompt: uniquePrompt(), model: HELD_MODEL };
    await hold(aws.table, stack.table_name, 5000);
    const id = idOf(await painted({ ...key, ...ASYNC }, json));
    await aws.table.send(
      new UpdateCommand({
        TableName: stack.table_name,
        Key: keyOf(id),
        UpdateExpression: "SET #model = :model, line = :line",
        ExpressionAttributeNames: { "#model": "model" },
        ExpressionAttributeValues: { ":model": "withdrawn", ":line": lineKey("interactive", "withdrawn") },
      }),
    );

    const told = await painted(key, json);

    expect(told).toMatchObject({ status: 502, body: { code: "provider_misconfigured", billed: "no" } });
    expect(told.headers.get("idempotent-replayed")).toBe("true");
    expect(told.body).not.toHaveProperty("provider");
    expect((await ask(`/generations/${id}`)).body).toMatchObject({
      status: "failed",
      error: { code: "provider_misconfigured", billed: "no", provider: null },
    });
    expect(await callsFor(json.prompt)).toEqual([]);
  });
});

describe("refusals", () => {
  const closed = Object.keys(ROUTES).filter((route) => !OPEN.includes(route));
  const pathOf = (route: string, id: string) => (route.split(" ")[1] ?? "").slice(3).replace("{id}", id);
  const nobody = "gen_00000000000000000000000000";

  test("everything else wants a key, and a valid one", async () => {
    const wrong = { authorization: "Bearer aik_wrong" };
    for (const route of closed) {
      const [method = ""] = route.split(" ");
      for (const headers of [{}, wrong]) {
        const told = await ask(pathOf(route, nobody), { method, key: null, headers });
        expect([told.status, told.headers.get("www-authenticate")]).toEqual([401, "Bearer"]);
      }
    }
    for (const text of ["", "Bearer", `Basic ${stack.api_key}`, `Bearer ${stack.api_key}x`, stack.api_key])
      expect((await ask("/models", { key: null, headers: { authorization: text } })).status).toBe(401);
  });

  test.each(OPEN)("%s wants none", async (route) => {
    expect((await ask(pathOf(route, ""), { key: null })).status).toBe(200);
  });

  test.each(closed.filter((route) => route.includes("{id}")))(
    "%s knows only ids that exist",
    async (route) => {
      const [method = ""] = route.split(" ");
      for (const id of [nobody, "gen_", "x", "%00", "..%2f..", nobody.toUpperCase(), `${nobody}0`])
        expect((await ask(pathOf(route, id), { method })).status).toBe(404);
    },
  );

  test("there is nothing at other paths", async () => {
    for (const path of ["/nothing", "/generations/a/b", "/v1/generations", "/models/x", "/"])
      expect((await ask(path)).status).toBe(404);
  });

  test("other methods are told which there are", async () => {
    const byPath = Object.groupBy(Object.keys(ROUTES), (route) => pathOf(route, nobody));
    for (const [path, routes = []] of Object.entries(byPath)) {
      const methods = routes.map((route) => route.split(" ")[0] ?? "");
      for (const method of ["PUT", "PATCH"]) {
        const told = await ask(path, { method, body: "{}" });
        expect(told.status).toBe(405);
        expect(told.headers.get("allow")?.split(", ").sort()).toEqual([...methods, "OPTIONS"].sort());
      }
    }
  });

  test("a list answers a page, and points at every fault of its query at once", async () => {
    expect(await ask("/generations?limit=2")).toMatchObject({
      status: 200,
      body: { object: "list", has_more: true, data: [{ object: "generation" }, { object: "generation" }] },
    });
    const query = "limit=0&status=done&created_after=noon&idempotency_key=%20&page=2&limit=3";
    const told = await ask(`/generations?${query}`);
    expect([told.status, pointersOf(told)]).toEqual([
      422,
      ["#/query/created_after", "#/query/idempotency_key", "#/query/limit", "#/query/page", "#/query/status"],
    ]);
    const cursor = await ask("/generations?after=abc&limit=0");
    expect([cursor.status, pointersOf(cursor)]).toEqual([422, ["#/query/after", "#/query/limit"]]);
    const altered = await ask(`/generations?after=${"a".repeat(80)}`);
    expect([altered.status, pointersOf(altered)]).toEqual([422, ["#/query/after"]]);
  });

  test("an owner has so many requests a minute, and sees them count down", async () => {
    const owner = `busy-${randomUUID()}`;
    const key = await apiKeyOf(owner);
    const first = await ask("/models", { key });
    const limit = Number(first.headers.get("x-ratelimit-limit-requests"));
    expect(first.headers.get("ratelimit-policy")).toBe(`"requests";q=${limit};w=60`);
    expect(first.headers.get("ratelimit")).toMatch(new RegExp(`^"requests";r=${limit - 1};t=\\d{1,2}$`));

    // As if it had asked all the others already, in this minute and the next.
    const minute = Math.floor(Date.now() / 60_000);
    for (const at of [minute, minute + 1]) {
      const Item = { pk: `requests#${owner}#${at}`, requests: limit };
      await aws.table.send(new PutCommand({ TableName: stack.table_name, Item }));
    }
    for (const [path, asked] of [
      ["/models", {}],
      ["/generations", { json: { prompt: uniquePrompt() } }],
    ] as const) {
      const told = await ask(path, { key, ...asked });
      expect(told).toMatchObject({ status: 429, body: { code: "rate_limited", retryable: true } });
      const seconds = Number(told.headers.get("retry-after"));
      expect([seconds >= 1, seconds <= 60]).toEqual([true, true]);
      expect(told.headers.get("x-ratelimit-remaining-requests")).toBe("0");
    }
    expect((await ask("/models")).status).toBe(200);
  });

  test("an owner has so many generations open, and batches of its own beside them", async () => {
    const key = await apiKeyOf(`eager-${randomUUID()}`);
    const before = await changeVariables(aws.functions, "image-service-local-api", {
      OWNER_OPEN_GENERATIONS: "1",
    });
    try {
      const json = { prompt: uniquePrompt("[[latency:3000]]") };
      const first = { key, json, headers: { ...ASYNC, "idempotency-key": randomUUID() } };
      const { body } = await ask("/generations", first);
      await until("the index knows of it", async () => {
        const { text } = await ask("/generations?limit=1", { key });
        return text.includes(String(body["id"]));
      });
      for (const path of ["/generations", "/images/generations"]) {
        const told = await ask(path, { key, json: { prompt: uniquePrompt() } });
        expect(told).toMatchObject({ status: 429, body: { code: "rate_limited", billed: "no" } });
        expect(Number(told.headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
      }
      expect((await ask("/generations", first)).body["id"]).toBe(body["id"]);

      const items = [{ prompt: uniquePrompt("[[latency:3000]]") }];
      const batch = await ask("/batches", { key, json: { items } });
      expect(batch.status).toBe(202);
      await until("its generation is made", async () => {
        const read = await ask(`/batches/${idOf(batch)}`, { key });
        return read.body["counts"] && (read.body["counts"] as { total: number }).total === 1;
      });
      expect(await ask("/batches", { key, json: { items } })).toMatchObject({
        status: 429,
        body: { code: "rate_limited" },
      });
      await until("room again", async () => {
        const told = await ask("/generations", { key, json: { prompt: uniquePrompt() } });
        return told.status === 201;
      });
    } finally {
      await changeVariables(aws.functions, "image-service-local-api", {
        OWNER_OPEN_GENERATIONS: before["OWNER_OPEN_GENERATIONS"] ?? "",
      });
    }
  });

  test("what the gateway forbids is a problem too", async () => {
    // In the emulator a policy's star ends at a line break: there is no other way to its refusal here.
    expect(await ask("/generations/a%0Ab")).toMatchObject({ status: 403, body: { code: "forbidden" } });
  });

  test("an owner whose budget is used up is refused before the provider is asked", async () => {
    const key = await apiKeyOf(`poor-${randomUUID()}`);
    const before = await changeVariables(aws.functions, "image-service-local-api", {
      OWNER_MONTHLY_BUDGET: "0.1",
    });
    try {
      const prompt = uniquePrompt();
      expect((await ask("/generations", { key, json: { prompt } })).status).toBe(201);
      for (const path of ["/generations", "/images/generations"]) {
        const told = await ask(path, { key, json: { prompt } });
        expect(told).toMatchObject({ status: 402, body: { code: "budget_exceeded", billed: "no" } });
      }
      expect(await callsFor(prompt)).toHaveLength(1);
    } finally {
      await changeVariables(aws.functions, "image-service-local-api", {
        OWNER_MONTHLY_BUDGET: before["OWNER_MONTHLY_BUDGET"] ?? "",
      });
    }
  });

  test("a fault of ours is a 500 that shows nothing of the inside, and does not claim to be free", async () => {
    const prompt = uniquePrompt();
    const fault = { caller: "api", operation: "DynamoDB.PutItem", body: prompt, action: "fail" } as const;
    const { struck } = await addFault(proxyUrl, { ...fault, times: 20 });
    const told = await ask("/generations", { json: { prompt } });

    expect(told).toMatchObject({ status: 500, body: { code: "internal", billed: "unknown" } });
    expect(told.text).not.toMatch(/dynamo|\.ts|\/var\/task|at async/i);
    expect(await struck()).toBeGreaterThan(0);
  });
});

describe("what no answer has", () => {
  test("is a word to other origins, while none is configured", async () => {
    const headers = { origin: "https://example.com", "access-control-request-method": "POST" };
    for (const told of [
      await ask("/models", { headers }),
      await ask("/models", { headers, key: null }),
      await ask("/generations", { headers, method: "OPTIONS" }),
    ])
      expect([...told.headers.keys()].filter((name) => name.startsWith("access-control-"))).toEqual([]);
  });
});

describe("the document that the API serves", () => {
  const { paths, info } = api.document;
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      route: `${method.toUpperCase()} ${path}`,
      operation,
    })),
  );

  test("has these routes and no others, with these successes", () => {
    const described = operations.map(({ route, operation }) => [
      route,
      Object.keys(operation.responses)
        .map(Number)
        .filter((status) => status < 400),
    ]);
    expect(Object.fromEntries(described)).toEqual(ROUTES);
  });

  test("has these codes and no others, each at its status wherever it stands", () => {
    for (const { operation } of operations)
      for (const [status, { content }] of Object.entries(operation.responses))
        for (const code of Object.keys(content?.["application/problem+json"]?.examples ?? {}))
          expect([code, Number(status)]).toEqual([code, CODES[code]]);
    const rows = [...info.description.matchAll(/^\| `(\w+)` \| (\d+) \|/gm)];
    expect(Object.fromEntries(rows.map(([, code = "", status]) => [code, Number(status)]))).toEqual(CODES);
  });

  test("was kept by every answer above: each success of each route, and each code", () => {
    const successes = Object.entries(ROUTES).flatMap(([route, statuses]) =>
      statuses.map((status) => `${route} ${status}`),
    );
    expect(successes.filter((each) => !api.seen.has(each))).toEqual([]);
    const seen = [...api.seen].map((each) => each.split(" ").slice(2).join(" "));
    const missing = Object.entries(CODES).filter(([code, status]) => !seen.includes(`${status} ${code}`));
    expect(missing).toEqual([]);
  });
});
