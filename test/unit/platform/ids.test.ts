import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { GENERATION_ID, idForKey, randomId } from "../../../lambdas/platform/ids.ts";

const KNOWN_ID = "gen_2k5xwg34j12vthx18t1t4q4jv4";

describe("ids", () => {
  test("owner and key decide the id", () => {
    expect(idForKey("owner", "key")).toBe(idForKey("owner", "key"));
    expect(idForKey("owner", "key")).not.toBe(idForKey("other", "key"));
    expect(idForKey("a", "bc")).not.toBe(idForKey("ab", "c"));
  });

  test("an id once given to a key stays: callers and records depend on it", () => {
    expect(idForKey("owner", "key")).toBe(KNOWN_ID);
  });

  test("all look alike, and none repeats", () => {
    const ids = Array.from({ length: 2000 }, randomId);
    expect(ids.every((id) => GENERATION_ID.test(id))).toBe(true);
    expect(new Set(ids).size).toBe(2000);
    fc.assert(
      fc.property(fc.string(), fc.string(), (owner, key) => GENERATION_ID.test(idForKey(owner, key))),
    );
  });
});
