import { describe, expect, test } from "vitest";
import { type ApiUnderTest, apiUnderTest } from "../../support/in-memory-api.ts";

async function some(api: ApiUnderTest, count: number, prompt = "a fox"): Promise<string[]> {
  const ids: string[] = [];
  for (let i = 0; i < count; i++) {
    api.clock.now += 1000;
    const { body } = await api.send({
      method: "POST",
      path: "/generations",
      body: { prompt },
      headers: { Prefer: "respond-async", "Idempotency-Key": `order-${prompt.length}-${i}` },
    });
    ids.push(body.id);
  }
  return ids.reverse();
}

const idsOf = (body: { data: { id: string }[] }) => body.data.map(({ id }) => id);

describe("listing generations", () => {
  test("pages through all of them, newest first, by cursor and by Link", async () => {
    const api = apiUnderTest();
    const ids = await some(api, 5);
    const first = await api.send({ path: "/generations?limit=2" });
    expect(first.body).toMatchObject({ object: "list", has_more: true });
    const second = await api.send({ path: `/generations?limit=2&after=${first.body.next_cursor}` });
    const next = /^<https:\/\/api\.example\/v1(.+)>; rel="next"$/.exec(second.headers["link"]!)?.[1];
    const third = await api.send({ path: next! });
    expect([first, second, third].flatMap(({ body }) => idsOf(body))).toEqual(ids);
    expect(third.body).toMatchObject({ has_more: false, next_cursor: null });
    expect(third.headers["link"]).toBeUndefined();
  });

  test("filters by status, times and idempotency key", async () => {
    const api = apiUnderTest();
    const [newest = "", middle = "", oldest = ""] = await some(api, 3);
    await api.succeed(middle);
    const list = async (query: string) => idsOf((await api.send({ path: `/generations?${query}` })).body);
    expect(await list("status=succeeded")).toEqual([middle]);
    expect(await list("status=queued")).toEqual([newest, oldest]);
    const { created_at } = (await api.send({ path: `/generations/${middle}` })).body;
    expect(await list(`created_after=${created_at}`)).toEqual([newest]);
    expect(await list(`created_before=${created_at}`)).toEqual([oldest]);
    expect(await list(`created_after=${encodeURIComponent("2026-03-01T13:00:02+01:00")}`)).toEqual([newest]);
    expect(await list("idempotency_key=order-5-0")).toEqual([oldest]);
    expect(await list("idempotency_key=order-5-0&status=failed")).toEqual([]);
    expect(await list("idempotency_key=unknown")).toEqual([]);
  });

  test("refuses a cursor that was altered, or made for other filters or another owner", async () => {
    const api = apiUnderTest();
    await some(api, 3);
    const cursor: string = (await api.send({ path: "/generations?limit=1" })).body.next_cursor;
    const altered = [...cursor].map((letter, index) => {
      const other = letter === "A" ? "B" : "A";
      return cursor.slice(0, index) + other + cursor.slice(index + 1);
    });
    for (const after of [...altered, `${cursor}A`, `${cursor}=`, cursor.slice(0, -1), "x"]) {
      const answer = await api.send({ path: `/generations?limit=1&after=${encodeURIComponent(after)}` });
      expect([answer.status, answer.body.errors[0].pointer]).toEqual([422, "#/query/after"]);
    }
    for (const ask of [
      { path: `/generations?status=queued&after=${cursor}` },
      { path: `/generations?after=${cursor}`, owner: "bob" },
    ])
      expect((await api.send(ask)).status).toBe(422);
  });

  test("names every fault of the query at once", async () => {
    const answer = await apiUnderTest().send({
      path: "/generations?limit=0&status=done&created_after=yesterday&colour=red&limit=5",
    });
    expect(answer.status).toBe(422);
    expect(answer.body.errors.map(({ pointer }: { pointer: string }) => pointer).sort()).toEqual([
      "#/query/colour",
      "#/query/created_after",
      "#/query/limit",
      "#/query/status",
    ]);
  });

  test("cuts a page before it outgrows what one answer can hold", async () => {
    const api = apiUnderTest();
    await some(api, 100, "\\".repeat(7_999));
    const first = await api.send({ path: "/generations?limit=100" });
    expect(JSON.stringify(first.text).length).toBeLessThan(6_000_000);
    expect(first.body.data.length).toBeLessThanOrEqual(100);
    const pages = [...first.body.data];
    let cursor = first.body.next_cursor;
    while (cursor !== null) {
      const { body } = await api.send({ path: `/generations?limit=100&after=${cursor}` });
      pages.push(...body.data);
      cursor = body.next_cursor;
    }
    expect(new Set(pages.map(({ id }) => id)).size).toBe(100);
  });
});
