import { describe, expect, test } from "vitest";
import { api } from "./api.ts";
import { CODES, ROUTES } from "./tables.ts";

describe("the document that the API serves", () => {
  const { paths, info } = api.document;
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      route: `${method.toUpperCase()} ${path}`,
      operation,
    })),
  );

  test("has these routes and no others, with these successes", () => {
    const described = operations.map(({ route, operation }) => [
      route,
      Object.keys(operation.responses)
        .map(Number)
        .filter((status) => status < 400),
    ]);
    expect(Object.fromEntries(described)).toEqual(ROUTES);
  });

  test("has these codes and no others, each at its status wherever it stands", () => {
    for (const { operation } of operations)
      for (const [status, { content }] of Object.entries(operation.responses))
        for (const code of Object.keys(content?.["application/problem+json"]?.examples ?? {}))
          expect([code, Number(status)]).toEqual([code, CODES[code]]);
    const rows = [...info.description.matchAll(/^\| `(\w+)` \| (\d+) \|/gm)];
    expect(Object.fromEntries(rows.map(([, code = "", status]) => [code, Number(status)]))).toEqual(CODES);
  });

  test("was kept by every answer above: each success of each route, and each code", () => {
    const successes = Object.entries(ROUTES).flatMap(([route, statuses]) =>
      statuses.map((status) => `${route} ${status}`),
    );
    expect(successes.filter((each) => !api.seen.has(each))).toEqual([]);
    const seen = [...api.seen].map((each) => each.split(" ").slice(2).join(" "));
    const missing = Object.entries(CODES).filter(([code, status]) => !seen.includes(`${status} ${code}`));
    expect(missing).toEqual([]);
  });
});
