import { expect, test } from "vitest";
import { waitingWords } from "../../../bin/client/waiting-words.ts";
import { WAITS_FOR, type WaitingReason } from "../../../lambdas/generations/waiting.ts";
import { NOON } from "../../support/generations.ts";

const view = (reason: WaitingReason, more: { detail?: string; tries?: number; in?: number } = {}) => ({
  for: WAITS_FOR[reason],
  reason,
  detail: more.detail ?? "",
  since: new Date(NOON).toISOString(),
  tries: more.tries ?? 0,
  next_at: more.in === undefined ? null : new Date(NOON + more.in * 1000).toISOString(),
});

test.each([
  [view("in_line", { in: 40 }), "waits for its slot, about 40 s"],
  [view("in_line", { in: 600 }), "waits for its slot, about 10 min"],
  [view("in_line"), "waits for its slot"],
  [view("painting", { in: 300 }), "the provider paints"],
  [
    view("image_fetching", { tries: 2, detail: "the storage answers 503", in: 0 }),
    "painted; fetching, try 3: the storage answers 503",
  ],
  [
    view("provider_paused", { detail: "The provider refuses the service's account (key)." }),
    "the provider's operator must act: The provider refuses the service's account (key)",
  ],
  [
    view("provider_unavailable", { tries: 1, in: 30, detail: "The provider failed (503)." }),
    "tried once in vain, again in about 30 s: The provider failed (503)",
  ],
  [
    view("image_refused", { tries: 3, detail: "no PNG, JPEG or WebP" }),
    "painted; the service's operator must act: no PNG, JPEG or WebP",
  ],
] as const)("a person reads what it waits for: %o", (waiting, words) => {
  expect(waitingWords(waiting, NOON)).toBe(words);
});
