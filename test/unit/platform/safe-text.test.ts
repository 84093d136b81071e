import { describe, expect, test } from "vitest";
import { safeText } from "../../../lambdas/platform/safe-text.ts";

describe("text of the provider", () => {
  test.each([
    ["a plain sentence. Is 1 < 2?", "a plain sentence. Is 1 < 2?"],
    ["get https://h.example/a.png?Signature=abc&x=1 now", "get https://h.example/a.png now"],
    ["/a.png?OSSAccessKeyId=abc&Signature=def", "/a.png"],
    ["key sk-0123456789abcdef wrong", "key [redacted] wrong"],
    ["key sk-abc***xyz wrong", "key [redacted] wrong"],
    ["LTAI5tAbCdEfGh", "[redacted]"],
    ["Authorization: Bearer abc.def", "Authorization: [redacted]"],
    ["token 0123456789abcdef0123456789abcdef!", "token [redacted]!"],
    ["my-own-key", "[redacted]"],
    ["two\r\nlines\u0000", "two lines"],
    ["提示词不合规", "提示词不合规"],
  ])("%j becomes %j", (text, safe) => {
    expect(safeText(text, 500, ["my-own-key"])).toBe(safe);
  });

  test("is capped, and fast on whatever length", () => {
    const started = performance.now();
    expect(safeText("http://".repeat(150_000)).length).toBeLessThanOrEqual(500);
    expect(safeText("🦊".repeat(400), 499).isWellFormed()).toBe(true);
    expect(performance.now() - started).toBeLessThan(500);
  });
});
