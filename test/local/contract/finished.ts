import { randomUUID } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import type { Told } from "../../support/described-api.ts";
import { callsFor, uniquePrompt } from "../harness.ts";
import { ask, idOf, painted, tagOf } from "./api.ts";

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
    expect(read.body).toMatchObject({
      ...generation.body,
      image: expect.any(Object),
      images: [expect.any(Object)],
    });

    const same = await ask(path, { headers: { "if-none-match": `"other", ${tagOf(read)}` } });
    expect([same.status, same.text, tagOf(same)]).toEqual([304, "", tagOf(read)]);
    const before = Date.now();
    const long = await ask(path, { headers: { "if-none-match": tagOf(read), prefer: "wait=20" } });
    expect(long.status).toBe(304);
    expect(Date.now() - before).toBeLessThan(10_000);
  });

  test("has a picture behind one address, for GET and for HEAD", async () => {
    const { bytes } = generation.body["image"] as { bytes: number };
    const get = await ask(`${path}/images/0`);
    const head = await ask(`${path}/images/0`, { method: "HEAD" });
    for (const method of ["GET", "HEAD"]) {
      expect((await ask(`${path}/image`, { method })).status).toBe(302);
      expect((await ask(`${path}/images/1`, { method })).status).toBe(404);
    }

    expect([get.status, get.text, head.status, head.text]).toEqual([302, "", 302, ""]);
    const picture = await fetch(get.headers.get("location") ?? "");
    expect((await picture.arrayBuffer()).byteLength).toBe(bytes);
    const asked = await fetch(head.headers.get("location") ?? "", { method: "HEAD" });
    expect([asked.status, asked.headers.get("content-length")]).toEqual([200, String(bytes)]);
    expect(asked.headers.get("content-type")).toBe("image/png");
  });

  test("has a history, with the generation's own tag", async () => {
    const read = await ask(`${path}/history`);
    expect([read.status, tagOf(read)]).toEqual([200, tagOf(generation)]);
    const events = (read.body["data"] as { event: string }[]).map(({ event }) => event);
    expect([events[0], events.at(-1)]).toEqual(["accepted", "ended"]);
    const same = await ask(`${path}/history`, { headers: { "if-none-match": tagOf(read) } });
    expect([same.status, same.text]).toEqual([304, ""]);
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
      body: {
        status: "succeeded",
        input: null,
        image: null,
        images: [],
        metadata: {},
        usage: { billed: "yes" },
      },
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
