import { describe, expect, test } from "vitest";
import { toJoin, type Wish, withStarted } from "../../../lambdas/openai/ledger.ts";

const NOW = 1_000_000;
const MINUTE = 60_000;

const wish = (generation_id: string, more: Partial<Wish> = {}): Wish => ({
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
  test.each<[string, Wish[]]>([
    ["the wish that was left longest ago", [wish("other", left), wish("it", leftEarlier), wish("else")]],
    ["one left just now rather than one given up", [wish("other", givenUp), wish("it", left)]],
    [
      "where none is left, one that no send of its count came for",
      [wish("it"), wish("o", { retry_count: 1 })],
    ],
    ["its own, if it was cut off, and not one given up before", [wish("other", givenUp), wish("it")]],
    [
      "the answer that was lost, if others wait for all else",
      [wish("it", justDelivered), wish("other", { retry_count: 1 })],
    ],
    [
      "what another waits for, rather than an old picture",
      [wish("it", { retry_count: 1 }), wish("other", delivered)],
    ],
    ["the latest, where each was delivered", [wish("other", delivered), wish("it", delivered)]],
  ])("%s", (_, wishes) => {
    expect(toJoin(wishes, 1, NOW)?.generation_id).toBe("it");
  });

  test("nothing where there is nothing", () => {
    expect(toJoin([], 1, NOW)).toBeNull();
  });
});

describe("a new wish", () => {
  const send = { retryCount: 0, until: NOW + 25_000 };
  const ids = (wishes: readonly Wish[]) => wishes.map(({ generation_id }) => generation_id);

  test("is noted beside those that are not delivered, or may have been in vain", () => {
    const before = [wish("open"), wish("delivered", delivered), wish("just", justDelivered)];
    expect(ids(withStarted(before, "new", send, NOW))).toEqual(["open", "just", "new"]);
  });

  test("pushes the oldest out, where there are very many", () => {
    const before = Array.from({ length: 32 }, (_, index) => wish(String(index)));
    expect(ids(withStarted(before, "new", send, NOW))).toEqual([...ids(before).slice(1), "new"]);
  });
});
