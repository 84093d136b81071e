import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { problemSchema } from "../../../lambdas/http/problem-schema.ts";
import { PROBLEMS } from "../../../lambdas/platform/problem-table.ts";
import { toProblem } from "../../../lambdas/platform/problems.ts";
import { ServiceError } from "../../../lambdas/platform/service-error.ts";
import { type Answer, apiUnderTest } from "../../support/in-memory-api.ts";

const LEAK = /\bat \/|\.ts:\d|node_modules|TypeError|RangeError|SyntaxError|ZodError/;

/** What must hold of any answer, whatever was asked. */
function expectHonest(answer: Answer): void {
  expect(answer.status).toBeLessThan(500);
  expect(answer.headers["x-request-id"]).toBe("request-1");
  if (answer.status < 400) return;
  expect(answer.headers["content-type"]).toBe("application/problem+json");
  const problem = problemSchema.parse(answer.body);
  expect(problem.status).toBe(answer.status);
  expect(answer.text).not.toMatch(LEAK);
}

/** Texts that have broken parsers before, besides any other. */
const text = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string({ unit: "grapheme" }),
  fc.constantFrom(
    "",
    "__proto__",
    "constructor",
    "null",
    "\u0000",
    "\ud800",
    "%",
    '"',
    '"\\',
    "1e999",
    "-0",
    "wait=1e9",
  ),
);
const headerName = fc.constantFrom(
  "Idempotency-Key",
  "Prefer",
  "Cancel-After",
  "If-None-Match",
  "Content-Type",
  "Origin",
  "X-Stainless-Retry-Count",
  "X-Stainless-Read-Timeout",
  "X-Stainless-Timeout",
);
const headers = fc.dictionary(headerName, text);
const field = fc.constantFrom(
  "prompt",
  "negative_prompt",
  "model",
  "size",
  "n",
  "seed",
  "metadata",
  "watermark",
  "response_format",
  "__proto__",
);
const body = fc.oneof(
  fc.json(),
  text,
  fc
    .dictionary(field, fc.oneof(fc.jsonValue(), fc.constantFrom("a fox", 1, "1664*928", "auto")))
    .map((value) => JSON.stringify({ prompt: "a fox", ...value })),
);

describe("whatever is sent, the answer is never a 5xx and always a valid problem or a success", () => {
  test("any body and any headers for a creation", async () => {
    await fc.assert(
      fc.asyncProperty(body, headers, async (content, extra) => {
        const api = apiUnderTest({ longestWait: 0 });
        const answer = await api.send({
          method: "POST",
          path: "/generations",
          body: content,
          headers: { "Content-Type": "application/json", ...extra },
        });
        expectHonest(answer);
        if (answer.status < 300) expect(api.generations.records.size).toBe(1);
        else expect(api.generations.records.size).toBe(0);
      }),
      { numRuns: 400 },
    );
  });

  test("any body and any headers at the OpenAI door; a 503 is the promise to go on", async () => {
    await fc.assert(
      fc.asyncProperty(body, headers, async (content, extra) => {
        const answer = await apiUnderTest({ longestWait: 0 }).send({
          method: "POST",
          path: "/images/generations",
          body: content,
          headers: { "Content-Type": "application/json", ...extra },
        });
        if (answer.status === 503) expect(answer.headers["x-should-retry"]).toBe("true");
        else expectHonest(answer);
      }),
      { numRuns: 400 },
    );
  });

  test("any path, method and headers", async () => {
    const method = fc.constantFrom("GET", "HEAD", "POST", "DELETE", "PUT", "PATCH", "OPTIONS", "TRACE");
    const path = fc.oneof(
      text.map((id) => `generations/${id}`),
      text.map((id) => `generations/${id}/image`),
      text.map((id) => `generations/${id}/cancel`),
      text,
    );
    const api = apiUnderTest({ longestWait: 0 });
    await fc.assert(
      fc.asyncProperty(method, path, headers, async (verb, proxy, extra) => {
        const answer = await api.send({
          method: verb,
          path: "/",
          headers: extra,
          event: { pathParameters: { proxy } },
        });
        if (verb === "HEAD") expect([answer.status < 500, answer.text]).toEqual([true, ""]);
        else expectHonest(answer);
      }),
      { numRuns: 400 },
    );
  });

  test("any query for a list", async () => {
    const api = apiUnderTest();
    const name = fc.oneof(
      fc.constantFrom("limit", "after", "status", "created_after", "created_before", "idempotency_key"),
      text,
    );
    const time = fc.date().map((date) => (Number.isNaN(date.getTime()) ? "" : date.toISOString()));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(name, fc.oneof(text, time))), async (pairs) => {
        const query = Object.fromEntries(pairs.map(([key, value]) => [key, [value]]));
        const answer = await api.send({
          path: "/generations",
          event: { queryStringParameters: null, multiValueQueryStringParameters: query },
        });
        expectHonest(answer);
      }),
      { numRuns: 400 },
    );
  });
});

test("whatever is thrown, the problem is valid and holds nothing that was not written for the caller", () => {
  const secret = "s3cr3t";
  const anything = fc.oneof(
    fc.anything(),
    fc.string().map((message) => new Error(`${message} ${secret} at /var/task/index.mjs:1:1`)),
    fc
      .string()
      .map((message) => Object.assign(new Error(message), { code: "not_found", extras: { detail: secret } })),
  );
  fc.assert(
    fc.property(anything, (thrown) => {
      const problem = problemSchema.parse(toProblem(thrown, "request-1"));
      expect([problem.code, problem.status]).toEqual(["internal", 500]);
      expect(JSON.stringify(problem)).not.toMatch(/s3cr3t|\/var\/task/);
    }),
  );
  const codes = Object.keys(PROBLEMS) as (keyof typeof PROBLEMS)[];
  for (const code of codes)
    expect(problemSchema.parse(toProblem(new ServiceError(code, { detail: "It was." }), "r")).code).toBe(
      code,
    );
});
