import { describe, expect, test } from "vitest";
import { sourceExpiry } from "../../../../lambdas/providers/dashscope/source-expiry.ts";

const now = new Date("2026-06-11T10:00:00Z");

describe("when a source dies", () => {
  test.each([
    ["no signature", "https://h/a.png", "2026-06-12T10:00:00Z"],
    ["a signature of an hour", "https://h/a.png?Expires=1781175600", "2026-06-11T11:00:00Z"],
    ["a signature of seven days", "https://h/a.png?Expires=1781776800", "2026-06-12T10:00:00Z"],
    ["version 4", "https://h/a.png?x-oss-date=20260611T093000Z&x-oss-expires=3600", "2026-06-11T10:30:00Z"],
    ["version 4 without its date", "https://h/a.png?x-oss-expires=3600", "2026-06-12T10:00:00Z"],
    [
      "an impossible date",
      "https://h/a.png?x-oss-date=20261399T093000Z&x-oss-expires=1",
      "2026-06-12T10:00:00Z",
    ],
    ["seconds from now", "https://h/a.png?Expires=3600", "2026-06-11T11:00:00Z"],
    ["a day from now", "https://h/a.png?Expires=86400", "2026-06-12T10:00:00Z"],
    ["an end that our clock has passed", "https://h/a.png?Expires=1781172000", "2026-06-11T10:00:00Z"],
    ["nonsense", "https://h/a.png?Expires=soon", "2026-06-12T10:00:00Z"],
  ])("%s", (_name, url, expected) => {
    expect(sourceExpiry(url, now)).toEqual(new Date(expected));
  });
});
