import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CALL_SECONDS, CALL_TRIES } from "../../lambdas/platform/call-limits.ts";
import { PROVIDER_LIMIT, type Timeouts, timeoutsFor } from "../../lib/timeouts.ts";

/** Everything that must fire in this order, earliest first; `<` between neighbours unless they may be equal. */
function expectOrder(providerSeconds: number, timeouts: Timeouts): void {
  expect(providerSeconds).toBeLessThan(timeouts.providerRead);
  expect(timeouts.providerRead).toBeLessThan(timeouts.lease);
  expect(timeouts.slotWait + timeouts.lease + timeouts.download).toBeLessThan(timeouts.worker);
  expect(timeouts.worker).toBeLessThan(timeouts.queueVisibility);
  // Two signs of life may fail, and whoever is asked looks once at least; no message is hidden for longer than before.
  expect(2 * timeouts.heartbeat).toBeLessThan(timeouts.workVisibility);
  expect(timeouts.heartbeat).toBeLessThan(timeouts.inquiry);
  expect(timeouts.workVisibility).toBeLessThan(timeouts.queueVisibility);
  // A dead worker is noticed within 90 seconds, with time for the queue and the table.
  expect(timeouts.workVisibility + timeouts.inquiry).toBeLessThanOrEqual(75);
  expect(timeouts.worker).toBeLessThanOrEqual(900);
  expect(timeouts.expander).toBeLessThan(timeouts.expansionVisibility);
  expect(timeouts.apiWait).toBeLessThan(timeouts.api);
  expect(timeouts.api).toBeLessThan(timeouts.gateway);
  expect(timeouts.gateway).toBeLessThanOrEqual(29);
  expect(timeouts.authorizer).toBeLessThan(timeouts.gateway);
  // A call to AWS that hangs is repeated while the function that made it lives.
  const call = CALL_SECONDS * CALL_TRIES;
  for (const name of ["api", "relay", "task", "reconciler", "expander"] as const)
    expect(call).toBeLessThan(timeouts[name]);
  expect(call).toBeLessThan(timeouts.worker - timeouts.slotWait);
  expect(CALL_SECONDS).toBeLessThanOrEqual(timeouts.authorizer);
  for (const seconds of Object.values(timeouts)) expect(Number.isInteger(seconds) && seconds > 0).toBe(true);
}

describe("time-outs", () => {
  it("reads the provider for longer than the 298 s after which it gives up", () => {
    expect(timeoutsFor(PROVIDER_LIMIT)).toMatchObject({
      providerRead: 306,
      lease: 330,
      download: 120,
      slotWait: 10,
      heartbeat: 15,
      workVisibility: 45,
      inquiry: 25,
    });
  });

  it("fire in order for whatever time the provider takes", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: PROVIDER_LIMIT }), (providerSeconds) => {
        expectOrder(providerSeconds, timeoutsFor(providerSeconds));
      }),
    );
  });

  it("stay within minutes when a test's provider takes seconds", () => {
    expect(timeoutsFor(5).queueVisibility).toBeLessThan(30);
  });
});
