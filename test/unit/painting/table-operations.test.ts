import { expect, test } from "vitest";
import { play } from "../../support/world/play.ts";
import { calm, job, type PortCall } from "../../support/world/scenario.ts";

const TABLE: readonly PortCall[] = [
  "insert",
  "get",
  "save",
  "appoint",
  "lend",
  "query",
  "inquire",
  "announce",
  "pacer get",
  "pacer put",
];

test("a picture that nothing is ahead of takes these calls to the table, and no more", async () => {
  const { calls, violations, receives } = await play({ ...calm, slowest: 20, jobs: [job()] });
  expect(violations).toEqual([]);
  const made = TABLE.flatMap((call) => (calls.has(call) ? [[call, calls.get(call)]] : []));
  expect(Object.fromEntries(made)).toEqual({
    insert: 1,
    // Claimed, painted, stored; then all who wait have been told.
    save: 3,
    announce: 1,
    // The worker's, and what comes with telling.
    get: 3,
    query: 1,
    // A slot; and whether the limiter has anything to hear of the answer.
    "pacer get": 2,
    "pacer put": 1,
  });
  expect(receives).toBe(1);
});
