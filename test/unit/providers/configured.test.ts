import { afterEach, describe, expect, test, vi } from "vitest";
import { configuredOffer, configuredQuotas } from "../../../lambdas/providers/configured.ts";
import { offer } from "../../support/generations.ts";

afterEach(() => {
  vi.unstubAllEnvs();
});

const quotas = (written: string) => {
  vi.stubEnv("MODEL_REQUESTS_PER_MINUTE", written);
  return configuredQuotas(offer);
};

describe("what the stack has written down for a function", () => {
  test("is a provider and a region of the registry, or the function does not start", () => {
    vi.stubEnv("PROVIDER_NAME", "dashscope");
    vi.stubEnv("PROVIDER_REGION", "bj");
    expect(configuredOffer().currency).toBe("CNY");
    vi.stubEnv("PROVIDER_REGION", "moon");
    expect(configuredOffer).toThrow("there is no provider dashscope in moon");
  });

  test("is a quota for each model; the registry has one for those that it leaves out", () => {
    const quotaOf = quotas("qwen-image-max=7.5");
    expect([quotaOf("qwen-image-max"), quotaOf("qwen-image-max-2025-12-30")]).toEqual([7.5, 2]);
    expect(quotaOf("a model of last year")).toBeGreaterThan(0);
  });

  test.each(["qwen-image-max", "qwen-image-max=", "qwen-image-max=0", "qwen-image-max=many"])(
    "is no quota when it is %s",
    (written) => {
      expect(() => quotas(written)).toThrow("has no number for qwen-image-max");
    },
  );
});
