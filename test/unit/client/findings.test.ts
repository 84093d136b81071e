import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import * as find from "../../../bin/client/findings.ts";

const runbook = readFileSync(new URL("../../../docs/operations.md", import.meta.url), "utf8");
const quota = (request_limit: number) => ({ data: { request_limit, request_limit_period: 60 } });

test.each([
  find.keyFinding(undefined),
  find.keyFinding("  "),
  find.keyFinding("aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dF"),
  find.quotaFinding(401, null, 2),
  find.quotaFinding(200, quota(1), 2),
  find.pauseFinding({ paused: "money", throttled: 0 }),
  find.pauseFinding({ paused: "outage", throttled: 0 }),
  find.pauseFinding({ paused: null, throttled: 5 }),
  find.lineFinding(3, 19 * 3600),
  find.deadLetterFinding(1),
  find.protectionFinding(false),
  find.alarmsFinding({ count: 20, ringing: ["queue-too-old", "api-slow"] }),
  find.alarmsFinding({ count: 0, ringing: [] }),
  find.listenersFinding([{ topic: "page", confirmed: 1, pending: ["ops@example.com"] }]),
  find.listenersFinding([
    { topic: "page", confirmed: 1, pending: [] },
    { topic: "notify", confirmed: 0, pending: [] },
  ]),
  find.person("its last deployment failed", "a-deployment-failed"),
])("a person must act, and is told where to read: %o", ({ kind, next = "" }) => {
  expect(kind).toBe("person");
  expect(runbook.toLowerCase()).toMatch(new RegExp(`^#+ ${next.replaceAll("-", "[- ]")}$`, "m"));
});

test.each([
  find.keyFinding("sk-0123"),
  find.quotaFinding(200, quota(2), 2),
  find.pauseFinding({ paused: null, throttled: 4 }),
  find.lineFinding(3, 60),
  find.deadLetterFinding(0),
  find.protectionFinding(true),
  find.alarmsFinding({ count: 20, ringing: [] }),
  find.listenersFinding([{ topic: "page", confirmed: 1, pending: [] }]),
])("all is well: %o", ({ kind, says }) => {
  expect(kind).toBe("good");
  expect(says).not.toContain("sk-0123");
});

test("a quota that the provider does not tell is no finding", () => {
  expect(find.quotaFinding(404, {}, 2).kind).toBe("skipped");
});
