import { describe, expect, test } from "vitest";
import { pictureName } from "../../../bin/batch/folder.ts";
import { progressWords } from "../../../bin/batch/words.ts";
import type { Batch, Generation } from "../../../bin/sdk/client.ts";
import { batch, succeeded } from "../../../lambdas/http/examples.ts";

const NOON = Date.parse("2026-03-01T12:00:00.000Z");

function seen(counts: Partial<Batch["counts"]>): Batch {
  const none = {
    total: 0,
    queued: 0,
    running: 0,
    succeeded: 0,
    failed: 0,
    canceled: 0,
    expired: 0,
    invalid: 0,
  };
  return { ...batch, counts: { ...none, ...counts } } as unknown as Batch;
}

describe("where a batch stands", () => {
  test("is how many came to what, what it cost, and the time that is left at the pace seen so far", () => {
    const counts = { total: 40, succeeded: 10, failed: 1, expired: 1, invalid: 2, running: 1, queued: 25 };
    const pace = { since: NOON - 10 * 60_000, ended: 4 };
    expect(progressWords(seen(counts), pace, NOON)).toMatch(
      /^14 of 40: 10 done, 2 failed, 2 invalid, 1 painting, 25 in line; 0\.075 USD; about 26 min left, until \d\d:\d\d$/,
    );
  });

  test.each([
    ["nothing read yet", {}, 0, "its lines are being read"],
    ["too little seen", { total: 5, queued: 3, succeeded: 2 }, 0, "2 of 5: 2 done, 3 in line; 0.075 USD"],
    ["all ended", { total: 1, succeeded: 1 }, 0, "1 of 1: 1 done; 0.075 USD; its results are being written"],
    [
      "soon",
      { total: 9, queued: 1, succeeded: 8 },
      0,
      "8 of 9: 8 done, 1 in line; 0.075 USD; about 8 s left",
    ],
  ])("with %s says no more than is known", (_, counts, ended, words) => {
    expect(progressWords(seen(counts), { since: NOON - 60_000, ended }, NOON)).toBe(words);
  });
});

describe("the name of a picture", () => {
  const of = (changes: object) => pictureName({ ...succeeded, ...changes } as unknown as Generation);

  test.each([
    [{ batch: { line: 7, custom_id: "Mug / red #1" } }, "0007-mug-red-1.png"],
    [
      { batch: { line: 12_345, custom_id: null }, input: { prompt: "  A Füchsin, 狐!  " } },
      "12345-a-füchsin-狐.png",
    ],
    [{ batch: { line: 1, custom_id: "../../etc/passwd" } }, "0001-etc-passwd.png"],
    [{ batch: { line: 1, custom_id: "…" } }, "0001.png"],
    [{ batch: { line: 1, custom_id: null }, input: null }, "0001.png"],
    [{ image: null }, null],
  ])("says its line and what it is: %j", (changes, name) => {
    expect(of(changes)).toBe(name);
  });

  test("is of a length that every disk takes", () => {
    expect(of({ batch: { line: 1, custom_id: "x".repeat(200) } })).toBe(`0001-${"x".repeat(48)}.png`);
  });
});
