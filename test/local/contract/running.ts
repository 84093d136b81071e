import { describe, expect, test } from "vitest";
import { uniquePrompt, until } from "../harness.ts";
import { ASYNC, ask, painted } from "./api.ts";

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
