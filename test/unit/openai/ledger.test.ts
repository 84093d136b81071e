import { describe, expect, test } from "vitest";
import { type Entry, toJoin, withStarted } from "../../../lambdas/openai/ledger.ts";

const NOW = 1_000_000;
const MINUTE = 60_000;

const entry = (generation_id: string, more: Partial<Entry> = {}): Entry => ({
  generation_id,
  started_at: NOW - 2 * MINUTE,
  by_resend: false,
  retry_count: 0,
  attended_until: NOW + 5_000,
  delivered_at: null,
  ...more,
});

const left = { attended_until: NOW - 2_000 };
const leftEarlier = { attended_until: NOW - 9_000 };
const givenUp = { attended_until: NOW - 2 * MINUTE };
const justDelivered = { ...left, delivered_at: NOW - 3_000 };
const delivered = { ...givenUp, delivered_at: NOW - 2 * MINUTE };

describe("a re-send joins", () => {
  test.each<[string, Entry[]]>([
    ["the entry that was left longest ago", [entry("other", left), entry("it", leftEarlier), entry("else")]],
    ["one left just now rather than one given up", [entry("other", givenUp), entry("it", left)]],
    [
      "where none is left, one that no send of its count came for",
      [entry("it"), entry("o", { retry_count: 1 })],
    ],
    ["its own, if it was cut off, and not one given up before", [entry("other", givenUp), entry("it")]],
    [
      "the answer that was lost, if others wait for all else",
      [entry("it", justDelivered), entry("other", { retry_count: 1 })],
    ],
    [
      "what another waits for, rather than an old picture",
      [entry("it", { retry_count: 1 }), entry("other", delivered)],
    ],
    ["the latest, where each was delivered", [entry("other", delivered), entry("it", delivered)]],
  ])("%s", (_, entries) => {
    expect(toJoin(entries, 1, NOW)?.generation_id).toBe("it");
  });

  test("nothing where there is nothing", () => {
    expect(toJoin([], 1, NOW)).toBeNull();
  });
});

describe("a new entry", () => {
  const send = { retryCount: 0, until: NOW + 25_000 };
  const ids = (entries: readonly Entry[]) => entries.map(({ generation_id }) => generation_id);

  test("is noted beside those that are not delivered, or may have been in vain", () => {
    const before = [entry("open"), entry("delivered", delivered), entry("just", justDelivered)];
    expect(ids(withStarted(before, "new", send, NOW))).toEqual(["open", "just", "new"]);
  });

  test("pushes the oldest out, where there are very many", () => {
    const before = Array.from({ length: 32 }, (_, index) => entry(String(index)));
    expect(ids(withStarted(before, "new", send, NOW))).toEqual([...ids(before).slice(1), "new"]);
  });
});
