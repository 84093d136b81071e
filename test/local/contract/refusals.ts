import { describe, expect, test } from "vitest";
import { stack } from "../harness.ts";
import { ask, pointersOf } from "./api.ts";
import { OPEN, ROUTES } from "./tables.ts";

describe("refusals", () => {
  const closed = Object.keys(ROUTES).filter((route) => !OPEN.includes(route));
  const pathOf = (route: string, id: string) =>
    (route.split(" ")[1] ?? "").replace("{id}", id).replace("{index}", "0").replace("{name}", "gone");
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
});
