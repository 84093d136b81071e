import middy from "@middy/core";
import { afterEach, expect, test, vi } from "vitest";
import { logger, publishedMetrics, toldOfEnd } from "../../../lambdas/platform/observe.ts";

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
