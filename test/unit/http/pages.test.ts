import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { routesOf } from "../../../lambdas/handlers/routes.ts";
import { PROBLEMS } from "../../../lambdas/platform/problem-table.ts";
import { offer } from "../../support/generations.ts";
import { apiUnderTest } from "../../support/in-memory-api.ts";

const page = (path: string, event = {}) => apiUnderTest().send({ path, owner: null, event });

describe.each(["/docs", "/console"])("the page at %s", (path) => {
  test("is one answer that loads nothing from elsewhere, and is small", async () => {
    const { status, headers, text } = await page(path);
    expect([status, headers["content-type"]]).toEqual([200, "text/html; charset=utf-8"]);
    expect(text).not.toMatch(/<(?:script|link|img)[^>]+(?:src|href)="?https?:/);
    expect(Buffer.byteLength(text)).toBeLessThan(250_000);
    expect(gzipSync(text).byteLength).toBeLessThan(60_000);
  });

  test("runs and wears what it came with, and nothing else", async () => {
    const { headers, text } = await page(path);
    const policy = headers["content-security-policy"] ?? "";
    for (const element of ["script", "style"]) {
      const parts = [...text.matchAll(new RegExp(`<${element}[^>]*>([^]*?)</${element}>`, "g"))];
      const hashes = parts.map(([, code = ""]) => createHash("sha256").update(code).digest("base64"));
      expect(parts).toHaveLength(1);
      expect(policy).toContain(`${element}-src 'sha256-${hashes[0]}';`);
    }
    expect(policy).toMatch(/^default-src 'none';/);
    expect(policy).not.toContain("unsafe");
    expect(policy).toContain("require-trusted-types-for 'script'; trusted-types 'none'");
    expect(text).not.toMatch(/<[^>]+ (?:style|on\w+)=/);
  });
});

describe("the console", () => {
  test("shows pictures of the bucket, and of no other place", async () => {
    const { headers } = await page("/console");
    expect(headers["content-security-policy"]).toContain("img-src data: https://bucket.example;");
    expect(headers["content-security-policy"]).toContain("connect-src 'self' https://bucket.example;");
  });
});

describe("the reference page", () => {
  test("begins with a quick start at the reader's own address, base path included", async () => {
    const requestContext = { domainName: "pictures.example", path: "/paint/docs", stage: "v1" };
    const { text } = await page("/docs", { requestContext });
    for (const language of ["curl", "TypeScript", "Python"]) expect(text).toContain(`>${language}</button>`);
    expect(text.match(/https:\/\/pictures\.example\/paint\/generations/g)).toHaveLength(3);
    expect(text).not.toContain("root.invalid");
    expect(text.indexOf('id="quick-start"')).toBeLessThan(text.indexOf('id="createGeneration"'));
  });

  test("has every operation and every problem once", async () => {
    const { text } = await page("/docs");
    const problems = [...text.matchAll(/id="problem-([\w-]+)"/g)].map(([, code]) => code);
    for (const { operationId } of routesOf(offer))
      expect(text.split(`<details class="operation" id="${operationId}">`)).toHaveLength(2);
    expect(problems).toEqual(Object.keys(PROBLEMS));
  });

  test("fills in no header by itself, so that a second request is no fault", async () => {
    const { text } = await page("/docs");
    const inputs = [...text.matchAll(/<input[^>]+data-in="[^>]+>/g)].map(([input]) => input);
    expect(inputs.length).toBeGreaterThan(10);
    expect(inputs.filter((input) => input.includes(" value="))).toEqual([]);
  });
});
