import middy from "@middy/core";
import { afterEach, expect, test, vi } from "vitest";
import { logger, metrics, publishedMetrics, tallied, toldOfEnd } from "../../../lambdas/platform/observe.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

test.each([publishedMetrics, toldOfEnd])(
  "every run ends with a line at the lowest level, which the emulator waits for",
  async (middleware) => {
    const debug = vi.spyOn(logger, "debug").mockImplementation(() => {});
    const context = { getRemainingTimeInMillis: () => 1000 };
    await middy(async () => "answer").use(middleware)({}, context as never);
    expect(debug).toHaveBeenCalledTimes(1);
  },
);

test("a run that counted nothing writes nothing beside it", async () => {
  vi.spyOn(logger, "debug").mockImplementation(() => {});
  const published = vi.spyOn(metrics, "publishStoredMetrics").mockReturnValue(metrics);
  const context = { getRemainingTimeInMillis: () => 1000 };
  await middy(async () => "quiet").use(publishedMetrics)({}, context as never);
  expect(published).not.toHaveBeenCalled();
  tallied("OutcomeUnknown");
  await middy(async () => "not quiet").use(publishedMetrics)({}, context as never);
  expect(published).toHaveBeenCalledTimes(1);
});
