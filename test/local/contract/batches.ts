import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import { stack, uniquePrompt, until } from "../harness.ts";
import { ask, idOf, pointersOf } from "./api.ts";

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
    expect(told.headers.get("location")).toBe(`${stack.api_url}/batches/${idOf(told)}`);
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
    const canceled = await ask(`/batches/${idOf(told)}/cancel`, { method: "POST" });
    expect([canceled.status, canceled.body["counts"]]).toEqual([200, complete.body["counts"]]);
    const list = await ask("/batches?limit=1");
    expect(list).toMatchObject({ status: 200, body: { object: "list", data: [{ object: "batch" }] } });
  });

  test("may be handed in as a manifest, at an address of its owner's", async () => {
    const told = await ask("/batches/manifests", { json: { bytes: 20 } });
    expect(told).toMatchObject({ status: 201, body: { bucket: stack.bucket_name } });
  });

  test("and whatever else was painted is counted in the month's usage", async () => {
    const told = await ask("/usage");
    expect(told).toMatchObject({ status: 200, body: { object: "usage", currency: "USD" } });
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
