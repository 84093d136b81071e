import { randomUUID } from "node:crypto";
import { PutCommand } from "@aws-sdk/lib-dynamodb";
import { describe, expect, test } from "vitest";
import { addFault } from "../../support/fault-proxy/client.ts";
import { changeVariables } from "../function-variables.ts";
import { aws, callsFor, proxyUrl, stack, uniquePrompt, until } from "../harness.ts";
import { ASYNC, apiKeyOf, ask, idOf } from "./api.ts";

describe("limits", () => {
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
    for (const path of ["/models", "/models/qwen-image-max"]) expect((await ask(path)).status).toBe(200);
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
        // The batch counts its lines from the start.
        const { text } = await ask(`/generations?batch=${idOf(batch)}`, { key });
        return text.includes('"gen_');
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
      const batch = await ask("/batches", { key, json: { items: [{ prompt }] } });
      expect(batch).toMatchObject({ status: 402, body: { code: "budget_exceeded", billed: "no" } });
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
  test("is a word to a page's origin, while none is configured", async () => {
    // Locally the front lets no other origin through: test/local/foreign-page.test.ts.
    const headers = { origin: new URL(stack.api_url).origin, "access-control-request-method": "POST" };
    for (const told of [
      await ask("/models", { headers }),
      await ask("/models", { headers, key: null }),
      await ask("/generations", { headers, method: "OPTIONS" }),
    ])
      expect([...told.headers.keys()].filter((name) => name.startsWith("access-control-"))).toEqual([]);
  });
});
