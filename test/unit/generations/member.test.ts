import { describe, expect, test } from "vitest";
import { memberKey, memberOf, readMember } from "../../../lambdas/generations/member.ts";
import { lineKeyOf } from "../../../lambdas/platform/ids.ts";
import { queued, succeeded } from "../../support/generations.ts";

const BATCH = "bat_0123456789abcdefghjkmnpqrs";

describe("what a batch knows of its generations", () => {
  test.each([
    ["open", { ...queued(), idempotency_key: lineKeyOf(BATCH, 7, null) }],
    ["ended", { ...succeeded(), idempotency_key: lineKeyOf(BATCH, 7, "e2") }],
    ["of before lines were kept", { ...succeeded(), idempotency_key: null }],
  ])("is read from the index's key alone: one that is %s", (_, generation) => {
    const member = memberOf(generation, BATCH);
    expect(readMember(generation.id, memberKey(member))).toEqual(member);
  });

  test("is told of keys that older releases wrote, as far as they go", () => {
    expect(readMember("gen_a", "failed")).toEqual({
      id: "gen_a",
      status: "failed",
      billed: "unknown",
      price: "0",
      completedAt: null,
      line: null,
      edition: null,
    });
  });

  test("is nothing where the key is of something else", () => {
    expect(readMember("gen_a", "2026-11-28T12:00:00.000Z#bat_a")).toBeNull();
  });
});
