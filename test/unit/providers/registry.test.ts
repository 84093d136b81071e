import { globSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { offerOf, priceIn } from "../../../lambdas/providers/registry.ts";
import { costOf, dimensionsOf, sizeFault } from "../../../lambdas/providers/sizes.ts";

const offerIn = (region: string, name = "dashscope") => offerOf({ name, region });

describe("what a region offers", () => {
  test("Singapore is paid in dollars, Beijing in yuan", () => {
    const price = (region: string) => priceIn(offerIn(region), "qwen-image-max", "1664*928");
    expect(price("sg")).toEqual({ amount: "0.075", currency: "USD" });
    expect(price("bj")).toEqual({ amount: "0.50", currency: "CNY" });
  });

  test.each(["sg", "bj"])("in %s the model and its snapshot, the plain name first", (region) => {
    expect(offerIn(region).models.map(({ id, region }) => [id, region])).toEqual([
      ["qwen-image-max", region],
      ["qwen-image-max-2025-12-30", region],
    ]);
  });

  test("each region has its own address", () => {
    expect(offerIn("sg").baseUrl).toBe("https://dashscope-intl.aliyuncs.com");
    expect(offerIn("bj").baseUrl).toBe("https://dashscope.aliyuncs.com");
  });

  test("other names are no models", () => {
    for (const id of ["no-such-model", "toString", ""]) {
      expect(offerIn("sg").modelOf(id)).toBeNull();
      expect(priceIn(offerIn("sg"), id, "1664*928")).toBeNull();
    }
  });

  test.each([
    ["dashscope", "us"],
    ["dashscope", "toString"],
    ["nobody", "sg"],
  ])("%s has nothing in %s", (name, region) => {
    expect(() => offerIn(region, name)).toThrow("there is no provider");
  });

  test("a model without a price in a region is not offered there", () => {
    const { provider } = offerIn("sg");
    const [first] = provider.models;
    const tiers = first?.pricing["sg"] ?? [{ up_to_pixels: null, cost: "1" }];
    const dear = { ...provider, models: [{ ...first!, pricing: { sg: tiers } }] };
    expect(offerOf({ name: "dashscope", region: "sg" }, [dear]).models).toHaveLength(1);
    expect(() => offerOf({ name: "dashscope", region: "bj" }, [dear])).toThrow("offers no model");
  });
});

describe("sizes", () => {
  const range = {
    rule: "range",
    min_pixels: 512 * 512,
    max_pixels: 2048 * 2048,
    widest: "8:1",
    default: "2048*2048",
    suggested: [],
  } as const;

  test.each([
    ["512*512", null],
    ["2048*2048", null],
    ["4096*512", null],
    ["512*4096", null],
    ["4104*512", "must not be wider or higher than 8:1"],
    ["512*511", "must have 262144 to 4194304 pixels"],
    ["2048*2049", "must have 262144 to 4194304 pixels"],
    ["2048", "must be width*height in pixels"],
    ["0512*512", "must be width*height in pixels"],
    ["1e3*1000", "must be width*height in pixels"],
    ["512*512*2", "must be width*height in pixels"],
  ])("%s within a range: %s", (size, fault) => {
    expect(sizeFault(size, range)).toBe(fault);
  });

  test("a size has two sides, or is none", () => {
    expect(dimensionsOf("1664*928")).toEqual({ width: 1664, height: 928 });
    expect(dimensionsOf("auto")).toBeNull();
  });

  test("a picture costs what the first tier says that holds it, and never less when nobody knows its size", () => {
    const tiers = [
      { up_to_pixels: 1000, cost: "0.25" },
      { up_to_pixels: null, cost: "0.50" },
    ] as const;
    expect(["10*100", "10*101", "unknown"].map((size) => costOf(size, tiers))).toEqual([
      "0.25",
      "0.50",
      "0.50",
    ]);
  });
});

describe("the rest of the code", () => {
  const others = globSync("{bin,lambdas,lib}/**/*.ts").filter((file) => !/^lambdas.providers/.test(file));

  test("knows no provider's folder and no list of regions", () => {
    expect(others.length).toBeGreaterThan(100);
    for (const file of others) {
      const text = readFileSync(file, "utf8");
      expect(text, file).not.toMatch(/from "[^"]*providers\/(?!http\/)[a-z0-9-]+\//);
      expect(text, file).not.toMatch(/"sg"[\s|,]*"bj"/);
    }
  });
});
