import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import { createBatch, done, upload } from "./batch-calls.ts";
import { call, callsFor, download, ended, stack, uniquePrompt } from "./harness.ts";

const OWNER = "local";

describe("a batch", () => {
  test("of five, one of them refused, ends with four pictures and what they cost; sent twice it is one", async () => {
    const prompt = uniquePrompt();
    const items = [1, 2, 3, 4].map((number) => ({
      prompt: `${prompt} ${number}`,
      metadata: { n: `${number}` },
    }));
    const refused = { prompt: `${prompt} [[error:400:DataInspectionFailed]]` };
    const body = { items: [...items, refused], metadata: { campaign: "winter" } };
    const key = { "idempotency-key": randomUUID() };

    const first = await createBatch(body, key);
    const again = await createBatch(body, key);
    const other = await createBatch({ items }, key);
    const batch = await done(first.batch.id);

    expect([first.status, again.status, other.status]).toEqual([202, 202, 422]);
    expect(first.headers.get("location")).toBe(`${stack.api_url}/batches/${batch.id}`);
    expect(Number(first.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(again.headers.get("idempotent-replayed")).toBe("true");
    expect(again.batch.id).toBe(batch.id);
    expect(batch).toMatchObject({
      status: "completed",
      counts: {
        total: 5,
        queued: 0,
        running: 0,
        succeeded: 4,
        failed: 1,
        canceled: 0,
        expired: 0,
        invalid: 0,
      },
      usage: { images: 4, cost: "0.3", currency: "USD", billed: "yes" },
      error: null,
      metadata: { campaign: "winter" },
    });
    expect(await callsFor(prompt)).toHaveLength(5);
    const generations = await Promise.all(batch.items.map((item) => ended(item.generation_id ?? "")));
    expect(generations.map(({ status }) => status)).toEqual([
      "succeeded",
      "succeeded",
      "succeeded",
      "succeeded",
      "failed",
    ]);
    expect(generations[0]?.metadata).toEqual({ n: "1" });
    expect((await download(generations[0]!)).sha256).toBe(generations[0]?.image?.sha256);
    const ends = generations.map(({ completed_at }) => completed_at ?? "");
    expect(ends.sort().at(-1)! <= (batch.completed_at ?? "")).toBe(true);
  });

  test("by a manifest of thirty lines, two of them invalid, paints twenty-eight and names the two", async () => {
    const prompt = uniquePrompt();
    const lines = Array.from({ length: 30 }, (_, index) => JSON.stringify({ prompt: `${prompt} ${index}` }));
    lines[4] = "{";
    lines[20] = JSON.stringify({ prompt, size: "1*1" });
    const manifest = await upload(`${lines.join("\n")}\n`);

    const { status, batch } = await createBatch({ manifest });
    const read = await done(batch.id);

    expect(status).toBe(202);
    expect(read).toMatchObject({
      status: "completed",
      counts: { total: 30, succeeded: 28, failed: 0, invalid: 2 },
      usage: { images: 28, cost: "2.1", billed: "yes" },
    });
    expect(read.items).toMatchObject([
      { line: 5, generation_id: null, errors: [{ pointer: "#" }] },
      { line: 21, generation_id: null, errors: [{ pointer: "#/size" }] },
    ]);
    expect(await callsFor(prompt)).toHaveLength(28);
  });

  test("whose manifest is empty is failed", async () => {
    const { bucket, key } = await upload("");
    const { batch } = await createBatch({ manifest: { bucket, key } });

    expect(await done(batch.id)).toMatchObject({
      status: "failed",
      counts: { total: 0 },
      error: { code: "invalid_request" },
    });
  });

  test("is refused where its manifest is not the owner's, in another bucket or not there", async () => {
    const { bucket, key } = await upload("{}");
    const wrong = [
      { bucket, key: key.replace(OWNER, "somebody-else") },
      { bucket: "another-bucket", key },
      { bucket, key: `${key}.gone` },
    ];
    for (const manifest of wrong) expect((await createBatch({ manifest })).status).toBe(422);
  });

  test("nobody has is not found", async () => {
    expect((await call("/batches/bat_00000000000000000000000000")).status).toBe(404);
  });
});
