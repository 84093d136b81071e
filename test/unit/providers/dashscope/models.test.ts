import { describe, expect, test } from "vitest";
import {
  defaultBaseUrl,
  dimensionsOf,
  isModelName,
  modelFacts,
  modelsOf,
} from "../../../../lambdas/providers/dashscope/models.ts";

describe("models", () => {
  test("Singapore is paid in dollars, Beijing in yuan", () => {
    expect(modelFacts("sg", "qwen-image-max").price).toEqual({ cost: "0.075", currency: "USD" });
    expect(modelFacts("bj", "qwen-image-max").price).toEqual({ cost: "0.50", currency: "CNY" });
  });

  test("both regions know the model and its snapshot", () => {
    for (const region of ["sg", "bj"] as const) {
      expect(modelsOf(region).map(({ model }) => model)).toEqual([
        "qwen-image-max",
        "qwen-image-max-2025-12-30",
      ]);
      for (const facts of modelsOf(region)) {
        expect(facts).toMatchObject({
          region,
          n: 1,
          promptLimit: 800,
          negativePromptLimit: 500,
          requestsPerMinute: 2,
          status: "legacy",
        });
        expect(facts.sizes.map(dimensionsOf)).toEqual([
          { width: 1664, height: 928 },
          { width: 1472, height: 1104 },
          { width: 1328, height: 1328 },
          { width: 1104, height: 1472 },
          { width: 928, height: 1664 },
        ]);
        expect(facts.defaultSize).toBe("1664*928");
      }
    }
  });

  test("each region has its own address", () => {
    expect(defaultBaseUrl("sg")).toBe("https://dashscope-intl.aliyuncs.com");
    expect(defaultBaseUrl("bj")).toBe("https://dashscope.aliyuncs.com");
  });

  test("other names are no models", () => {
    expect(isModelName("qwen-image-plus")).toBe(false);
    expect(isModelName("toString")).toBe(false);
  });
});
