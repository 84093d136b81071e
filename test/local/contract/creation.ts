import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import { callsFor, stack, uniquePrompt } from "../harness.ts";
import { ASYNC, ask, idOf, painted, pointersOf, tagOf } from "./api.ts";

describe("a creation", () => {
  test("answers 201 with the ended generation, its address and its tag", async () => {
    const prompt = uniquePrompt();
    const told = await ask("/generations", {
      json: { prompt, size: "928x1664", seed: 7, metadata: { order: "123" } },
      headers: { prefer: "wait=99" },
    });

    expect(told.status).toBe(201);
    expect(told.headers.get("preference-applied")).toBe("wait=25");
    expect(told.headers.get("location")).toBe(`${stack.api_url}/generations/${idOf(told)}`);
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
      json: { prompt: 7, size: "1*1", n: 2, seed: -1, metadata: { a: 1 }, "a/b": prompt, watermark: "no" },
      headers: { "cancel-after": "soon", "idempotency-key": "a b" },
    });

    expect(told).toMatchObject({ status: 422, body: { code: "invalid_request", billed: "no" } });
    expect(pointersOf(told)).toEqual([
      "#/a~1b",
      "#/headers/cancel-after",
      "#/headers/idempotency-key",
      "#/metadata/a",
      "#/n",
      "#/prompt",
      "#/seed",
      "#/size",
      "#/watermark",
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
