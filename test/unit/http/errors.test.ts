import type { APIGatewayProxyEvent, Context } from "aws-lambda";
import { describe, expect, test } from "vitest";
import { routesOf } from "../../../lambdas/handlers/routes.ts";
import { newHandler } from "../../../lambdas/http/app.ts";
import { createCursors } from "../../../lambdas/http/cursor.ts";
import { offer } from "../../support/generations.ts";
import { answerOf, apiUnderTest, eventOf } from "../../support/in-memory-api.ts";

describe("refusals", () => {
  test("an unknown path is 404, a wrong method 405 with Allow", async () => {
    const api = apiUnderTest();
    const nowhere = await api.send({ path: "/nowhere" });
    expect([nowhere.status, nowhere.body.code]).toEqual([404, "not_found"]);
    const wrong = await api.send({ method: "PUT", path: "/generations" });
    expect([wrong.status, wrong.body.code]).toEqual([405, "method_not_allowed"]);
    expect(wrong.headers["allow"]).toBe("POST, GET, OPTIONS");
    const options = await api.send({ method: "OPTIONS", path: "/generations" });
    expect([options.status, options.headers["allow"]]).toEqual([204, "POST, GET, OPTIONS"]);
  });

  test("a request that the gateway let through without a caller is 401", async () => {
    const answer = await apiUnderTest().send({ path: "/generations", owner: null });
    expect([answer.status, answer.body.code]).toEqual([401, "unauthorized"]);
    expect(answer.headers["www-authenticate"]).toBe("Bearer");
  });

  test("a failure inside is ours to explain: no message, path or stack goes out, only its kind is logged", async () => {
    const secret = "arn:aws:dynamodb:table/secret /srv/app a fox";
    const api = apiUnderTest({
      cursors: createCursors(() => Promise.reject(new TypeError(secret))),
    });
    const answer = await api.send({ path: `/generations?after=${"x".repeat(40)}` });
    expect([answer.status, answer.body.code, answer.body.request_id]).toEqual([500, "internal", "request-1"]);
    expect(answer.text).not.toMatch(/arn:|fox|TypeError|\.ts|at /);
    expect(api.signals).toMatchObject([{ name: "InternalErrors", fields: { error: "TypeError" } }]);
    expect(JSON.stringify(api.signals)).not.toContain("fox");
  });

  test("a creation that failed inside is not called free: it may have been accepted", async () => {
    const api = apiUnderTest({
      pacerOf: () => ({
        pace: { interval: 1000, burst: 1 },
        status: () => Promise.reject(new Error("down")),
      }),
    });
    const headers = { Prefer: "respond-async" };
    const ask = { method: "POST", path: "/generations", body: { prompt: "a fox" }, headers };
    const answer = await api.send(ask);
    expect([answer.status, answer.body.billed, api.generations.records.size]).toEqual([500, "unknown", 1]);
  });

  test("a failure before any operation is a problem too", async () => {
    const api = apiUnderTest({ limits: { count: async () => Promise.reject("a text") } });
    const answer = await api.send({ path: "/health" });
    expect([answer.status, answer.body.code]).toEqual([500, "internal"]);
  });

  test("an event with nothing in it gets an answer", async () => {
    const handler = newHandler(routesOf(offer), apiUnderTest().dependencies);
    const answer = answerOf(await handler({} as APIGatewayProxyEvent, {} as Context));
    expect([answer.status, answer.body.code]).toEqual([404, "not_found"]);
  });

  test("an answer goes out before the function's own time is over", async () => {
    const { dependencies } = apiUnderTest({
      listing: {
        page: () => new Promise(() => {}),
        countOpen: async () => 0,
        openPages: async function* () {},
      },
    });
    const handler = newHandler(routesOf(offer), dependencies);
    const context = { awsRequestId: "x", getRemainingTimeInMillis: () => 750 } as unknown as Context;
    const answer = answerOf(await handler(eventOf({ path: "/generations" }), context));
    expect([answer.status, answer.body.code, answer.body.billed]).toEqual([500, "internal", "unknown"]);
    expect(answer.headers["x-request-id"]).toBe("request-1");
  });
});

describe("what every answer carries", () => {
  test("its request id and the browser's safety headers", async () => {
    for (const path of ["/health", "/nowhere", "/generations", "/models"]) {
      const { headers } = await apiUnderTest().send({ path });
      expect(headers).toMatchObject({
        "x-request-id": "request-1",
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "strict-transport-security": expect.stringContaining("max-age="),
        "content-security-policy": expect.stringContaining("default-src 'none'"),
      });
    }
  });

  test("nothing of CORS unless the environment names origins", async () => {
    const { headers } = await apiUnderTest().send({
      path: "/health",
      headers: { Origin: "https://a.example" },
    });
    expect(headers["access-control-allow-origin"]).toBeUndefined();
    expect(headers["vary"]).toBeUndefined();
  });

  test("the origin, where it is one of those named", async () => {
    const api = apiUnderTest({ corsOrigins: ["https://a.example"] });
    const from = (Origin: string, method = "GET") =>
      api.send({ path: "/generations", method, headers: { Origin } });
    const allowed = await from("https://a.example");
    expect(allowed.headers).toMatchObject({
      "access-control-allow-origin": "https://a.example",
      "access-control-expose-headers": expect.stringContaining("x-request-id"),
      vary: "Origin",
    });
    expect((await from("https://b.example")).headers["access-control-allow-origin"]).toBeUndefined();
    const preflight = await from("https://a.example", "OPTIONS");
    expect(preflight.status).toBe(204);
    expect(preflight.headers["access-control-allow-methods"]).toContain("DELETE");
  });
});

describe("an owner's limit", () => {
  test("is told with every answer, in both vocabularies", async () => {
    const api = apiUnderTest({ requestsPerMinute: 60 });
    api.clock.now += 30_000;
    const { headers } = await api.send({ path: "/generations" });
    expect(headers).toMatchObject({
      "ratelimit-policy": '"requests";q=60;w=60',
      ratelimit: '"requests";r=59;t=30',
      "x-ratelimit-limit-requests": "60",
      "x-ratelimit-remaining-requests": "59",
      "x-ratelimit-reset-requests": "30s",
    });
  });

  test("refuses what is over it, until the next minute, and nobody else", async () => {
    const api = apiUnderTest({ requestsPerMinute: 2 });
    const ask = { path: "/generations" };
    await api.send(ask);
    await api.send({ path: "/nowhere" });
    const refused = await api.send(ask);
    expect([refused.status, refused.body.code, refused.headers["retry-after"]]).toEqual([
      429,
      "rate_limited",
      "60",
    ]);
    expect(refused.headers["x-ratelimit-remaining-requests"]).toBe("0");
    expect((await api.send({ ...ask, owner: "bob" })).status).toBe(200);
    api.clock.now += 60_000;
    expect((await api.send(ask)).status).toBe(200);
  });

  test("counts no request without a key", async () => {
    const api = apiUnderTest({ requestsPerMinute: 1 });
    for (let i = 0; i < 3; i++) expect((await api.send({ path: "/health", owner: null })).status).toBe(200);
  });
});

describe("the models", () => {
  const max = {
    id: "qwen-image-max",
    object: "model",
    created: 1767052800,
    owned_by: "alibaba-cloud",
    status: "legacy",
    successor: null,
    snapshot: "qwen-image-max-2025-12-30",
    size: {
      rule: "list",
      values: ["1664*928", "1472*1104", "1328*1328", "1104*1472", "928*1664"],
      default: "1664*928",
    },
    images: { max: 1 },
    fields: { negative_prompt: 500, prompt_extend: true },
    prompt: { limit: 800, unit: "characters" },
    pricing: { currency: "USD", output: [{ up_to_pixels: null, cost: "0.075" }] },
    requests_per_minute: 60,
    recoverable: false,
  };

  test("are listed in OpenAI's shape, with all that a request to them depends on", async () => {
    const { body } = await apiUnderTest().send({ path: "/models" });
    expect(body.object).toBe("list");
    expect(body.data.slice(0, 2)).toEqual([max, { ...max, id: "qwen-image-max-2025-12-30" }]);
    expect(body.data.map(({ id }: { id: string }) => id)).toEqual(offer.models.map(({ id }) => id));
  });

  test("are read one by one", async () => {
    const { status, body } = await apiUnderTest().send({ path: "/models/qwen-image-max" });
    expect([status, body]).toEqual([200, max]);
  });

  test.each(["dall-e-3", "toString"])("have no %s among them", async (id) => {
    const answer = await apiUnderTest().send({ path: `/models/${id}` });
    expect([answer.status, answer.body.code]).toEqual([404, "not_found"]);
  });
});
