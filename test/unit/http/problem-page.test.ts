import { describe, expect, test } from "vitest";
import { PROBLEMS } from "../../../lambdas/platform/problem-table.ts";
import { apiUnderTest } from "../../support/in-memory-api.ts";

describe("the page of a problem", () => {
  test("is where the type of a refusal leads, without a key", async () => {
    const api = apiUnderTest();
    const refused = await api.send({ path: "/generations/gen_1" });
    expect(refused.body.type).toBe("https://api.example/v1/problems/not-found");
    const path = new URL(refused.body.type).pathname.slice("/v1".length);
    const page = await api.send({ path, owner: null, headers: { Accept: "text/html,*/*" } });
    expect([page.status, page.headers["content-type"]]).toEqual([200, "text/html; charset=utf-8"]);
    expect(page.text).toContain("<code>not_found</code>");
    expect(page.headers["content-security-policy"]).toContain("default-src 'none'");
  });

  test.each(Object.entries(PROBLEMS))(
    "tells programs of %s when, whether billed and what to do",
    async (code, facts) => {
      const path = `/problems/${code.replaceAll("_", "-")}`;
      const headers = { Accept: "application/json" };
      const { status, body } = await apiUnderTest().send({ path, owner: null, headers });
      expect(status).toBe(200);
      expect(body).toMatchObject({ code, status: facts.status, retryable: facts.retryable });
      for (const text of [body.when, body.billed, body.advice]) expect(text).toMatch(/^[A-Z].+\.$/);
    },
  );

  test.each(["nothing", "not_found", "__proto__", "toString"])("is none for %s", async (name) => {
    const answer = await apiUnderTest().send({ path: `/problems/${name}`, owner: null });
    expect([answer.status, answer.body.code]).toEqual([404, "not_found"]);
  });
});
