import { expect, test } from "vitest";
import { postponeFetch } from "../../../lambdas/generations/transitions/painted.ts";
import { requeue } from "../../../lambdas/generations/transitions/refuse.ts";
import { waitingOf } from "../../../lambdas/generations/waiting-view.ts";
import {
  MINUTE,
  NOON,
  noPicture,
  painted,
  queued,
  refusal,
  submitting,
  succeeded,
} from "../../support/generations.ts";

const calm = { estimatedStartAt: "2026-11-22T12:01:00.000Z", paused: null };
const throttled = () => requeue(submitting(), refusal({ notBefore: NOON + MINUTE, counted: false }));
const unknownHost = () =>
  postponeFetch(painted(), {
    ...noPicture({ nextFetchAt: NOON, host: "new.example" }),
    reason: "image_host_unknown",
  });

test.each([
  ["a queued one for its slot", queued(), calm, "slot", "in_line"],
  ["a submitted one for the provider", submitting(), calm, "provider", "painting"],
  ["a throttled one for its next try", throttled(), calm, "retry", "provider_throttled"],
  ["a painted one for its picture", painted(), calm, "image", "image_fetching"],
  ["one on an unknown host for the operator", unknownHost(), calm, "operator", "image_host_unknown"],
  [
    "any in a paused queue for the operator",
    queued(),
    { ...calm, paused: "operator" },
    "operator",
    "provider_paused",
  ],
  ["any in an outage for a retry", queued(), { ...calm, paused: "outage" }, "retry", "provider_unavailable"],
] as const)("%s waits", (_, generation, outlook, whom, reason) => {
  expect(waitingOf(generation, outlook)).toMatchObject({ for: whom, reason });
});

test("one that has ended waits for nothing", () => {
  expect(waitingOf(succeeded(), calm)).toBeNull();
});
