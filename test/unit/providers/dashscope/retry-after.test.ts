import { describe, expect, test } from "vitest";
import { retryAfterSeconds } from "../../../../lambdas/providers/dashscope/retry-after.ts";

const now = new Date("2026-06-11T10:00:00Z");

describe("Retry-After", () => {
  test.each([
    ["0", 0],
    ["41", 41],
    ["300", 300],
    ["1849295", 300],
    ["999999999", 300],
    ["Fri, 12 Jun 2026 10:00:00 GMT", 300],
    ["Thu, 11 Jun 2026 10:00:30 GMT", 30],
    ["Thu, 11 Jun 2026 09:00:00 GMT", 0],
    ["-1", null],
    ["1.5", null],
    ["soon", null],
    ["", null],
    [undefined, null],
  ])("%s is %s", (header, seconds) => {
    expect(retryAfterSeconds(header, now)).toBe(seconds);
  });
});
