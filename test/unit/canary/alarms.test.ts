import { expect, test } from "vitest";
import { alarmsResult } from "../../../bin/canary/alarms.ts";

test("an alarm that rings is a fault, with its section of the runbook; so is an environment without alarms", () => {
  expect(alarmsResult({ count: 37, ringing: [] })).toMatchObject({ ok: true, says: "none of 37 rings" });
  expect(alarmsResult({ count: 37, ringing: ["worker-errors", "api-slow"] })).toMatchObject({
    ok: false,
    says: "worker-errors rings (docs/operations.md#worker-errors); api-slow rings (docs/operations.md#api-slow)",
  });
  expect(alarmsResult({ count: 0, ringing: [] })).toMatchObject({
    ok: false,
    says: expect.stringContaining("none"),
  });
});
