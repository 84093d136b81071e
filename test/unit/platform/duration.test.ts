import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseCancelAfter } from "../../../lambdas/platform/duration.ts";

describe("Cancel-After", () => {
  test.each([
    ["5", 5],
    ["300", 300],
    ["30s", 30],
    ["5m", 300],
    ["1h30m", 5400],
    ["1h30m5s", 5405],
    ["2h", 7200],
    [" 90s ", 90],
    ["168h", 604_800],
    ["604800", 604_800],
  ])("%j is %i seconds", (value, seconds) => {
    expect(parseCancelAfter(value)).toBe(seconds);
  });

  test.each([
    "",
    " ",
    "4",
    "4s",
    "0",
    "-5",
    "+5",
    "5 m",
    "5.5m",
    "1e3",
    "30S",
    "5d",
    "m",
    "1m1h",
    "30s5m",
    "5m5m",
    "169h",
    "604801",
    "9999999",
    "٣٠s",
    "NaN",
    "Infinity",
    "5s\n5s",
  ])("%j is refused, with a pointer to the header", (value) => {
    expect(() => parseCancelAfter(value)).toThrow(
      expect.objectContaining({
        code: "invalid_request",
        extras: expect.objectContaining({
          errors: [
            { pointer: "#/headers/cancel-after", detail: expect.stringContaining("must be a duration") },
          ],
        }),
      }),
    );
  });

  test("whatever else comes is a number of seconds or a refusal", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[0-9hms]{0,12}$/)), (value) => {
        try {
          const seconds = parseCancelAfter(value);
          expect(seconds).toBeGreaterThanOrEqual(5);
          expect(seconds).toBeLessThanOrEqual(604_800);
        } catch (error) {
          expect(error).toHaveProperty("code", "invalid_request");
        }
      }),
    );
  });
});
