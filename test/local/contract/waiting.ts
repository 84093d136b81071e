import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { HELD_MODEL, hold } from "../../support/pacer-hold.ts";
import { aws, callsFor, expectQueuesEmpty, stack, uniquePrompt } from "../harness.ts";
import { ASYNC, ask, idOf, painted, tagOf } from "./api.ts";

describe("a generation that waits for its turn", () => {
  beforeAll(() => hold(aws.table, stack.table_name, 14_000));
  // Other files count on an empty queue.
  afterAll(() => expectQueuesEmpty());
  const wait = (headers: Record<string, string> = ASYNC) => painted(headers, { model: HELD_MODEL });

  test("says when it is likely to start, and has no picture yet", async () => {
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
    expect(unchanged.headers.get("retry-after")).toMatch(/^\d+$/);

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
    // On a busy machine the hold may have ended during the tests before.
    await hold(aws.table, stack.table_name, 10_000);
    const prompt = uniquePrompt();
    const told = await painted({ "cancel-after": "5s" }, { prompt, model: HELD_MODEL });

    expect(told).toMatchObject({ status: 504, body: { code: "deadline_exceeded", billed: "no" } });
    const read = await ask(String(told.body["instance"]).replace("/v1", ""));
    expect(read.body).toMatchObject({ status: "expired", error: { code: "deadline_exceeded" } });
    expect(await callsFor(prompt)).toEqual([]);
  });
});
