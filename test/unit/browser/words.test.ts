import { describe, expect, test } from "vitest";
import type { Generation, Model } from "../../../lambdas/browser/console/types.ts";
import {
  batchWords,
  endOf,
  moneyOf,
  picturesIn,
  priceOf,
  progressOf,
  spanOf,
} from "../../../lambdas/browser/console/words.ts";

const now = Date.parse("2026-03-01T12:00:00.000Z");
const queued: Generation = {
  id: "gen_1",
  status: "queued",
  model: "qwen-image-max",
  created_at: "2026-03-01T11:59:50.000Z",
  started_at: null,
  completed_at: null,
  estimated_start_at: "2026-03-01T12:01:30.000Z",
  input: { prompt: "a fox", negative_prompt: null, size: "1664*928", seed: 7 },
  image: null,
  waiting: { reason: "in_line", detail: "", since: "2026-03-01T11:59:50.000Z", tries: 0, next_at: null },
  batch: null,
  usage: { cost: "0", currency: "USD", billed: "no" },
  provenance: null,
  warnings: [],
  error: null,
};

describe("the console's words", () => {
  test.each([
    [200, "1 second"],
    [45_000, "45 seconds"],
    [90_000, "2 minutes"],
    [7_200_000, "2 hours"],
  ])("a span of %d ms", (span, words) => expect(spanOf(span)).toBe(words));

  test("an amount keeps its small places", () => {
    expect([moneyOf("0.075", "USD"), moneyOf("12", "CNY")]).toEqual(["$0.075", "CN¥12.00"]);
  });

  test("a queued picture says when it is likely to start", () => {
    expect(progressOf(queued, now)).toEqual({ title: "In line", timing: "starts in about 2 minutes" });
    const due = { ...queued, estimated_start_at: "2026-03-01T12:00:00.500Z" };
    expect(progressOf(due, now).timing).toBe("starts any moment");
  });

  test("a picture that waits for the operator promises nothing", () => {
    const waiting = { reason: "provider_paused", detail: "", since: "", tries: 0, next_at: null };
    const paused = { ...queued, estimated_start_at: null, waiting };
    expect(progressOf(paused, now)).toEqual({ title: "Waits for the operator", timing: "" });
  });

  test("a reason that a newer service knows is still a picture in line", () => {
    const waiting = { reason: "new_reason", detail: "", since: "", tries: 0, next_at: null };
    expect(progressOf({ ...queued, waiting }, now).title).toBe("In line");
  });

  test("an end without a picture says whether it was charged", () => {
    const error = { code: "upstream_outcome_unknown", message: "Lost.", billed: "unknown" } as const;
    expect(endOf({ ...queued, status: "failed", error })).toBe("Lost. It may have been charged.");
  });

  test("a price is that of the first tier which holds the size", () => {
    const output = [
      { up_to_pixels: 1_000_000, cost: "0.03" },
      { up_to_pixels: null, cost: "0.06" },
    ];
    const size = { rule: "list", values: [], default: "" } as const;
    const prompt = { limit: 800, unit: "characters" } as const;
    const model: Model = { id: "m", size, fields: {}, prompt, pricing: { currency: "USD", output } };
    expect([priceOf(model, "512*512"), priceOf(model, "2048*2048")]).toEqual(["$0.03", "$0.06"]);
  });

  test("a batch says how far it is, and a manifest that nobody has read yet says so", () => {
    expect(batchWords({ total: 5, succeeded: 3, running: 1, failed: 1, queued: 0 })).toBe(
      "3 of 5 painted, 1 running, 1 failed",
    );
    expect(batchWords({ total: 0 })).toBe("being read");
  });
});

describe("the pictures that a file asks for", () => {
  test.each([
    ["of nothing", " \n", 0],
    ["of a first line alone", "prompt,size", 0],
    ["of a table, without its first line", 'prompt,size\r\na red mug,\r\n\r\n"a ""blue"", big mug",\r\n', 2],
    ["of cells with line breaks", 'prompt\n"a red\n\nmug"\na blue mug', 2],
    ["of JSON lines", '{"prompt": "a red \\"mug\\""}\n\n{"prompt": "a blue mug"}\n', 2],
  ])("%s", (_, file, pictures) => {
    expect(picturesIn(file)).toBe(pictures);
  });
});
