import type { Model } from "../port.ts";

/**
 * The facts of DashScope's image models, by the provider's image API, pricing and rate-limit pages
 * (https://www.alibabacloud.com/help/en/model-studio/qwen-image-api, …/model-pricing, …/rate-limit).
 */

const QWEN_IMAGE_MAX = {
  created: Date.parse("2025-12-30T00:00:00Z") / 1000,
  // The provider files it so since September 2026, without an end date.
  status: "legacy",
  successor: null,
  snapshot: "qwen-image-max-2025-12-30",
  size: {
    rule: "list",
    values: ["1664*928", "1472*1104", "1328*1328", "1104*1472", "928*1664"],
    default: "1664*928",
  },
  images: { max: 1 },
  // The provider cuts silently. Its later pages count tokens, so it is a warning, not a limit.
  prompt: { limit: 800, unit: "characters" },
  fields: { negative_prompt: { limit: 500 }, prompt_extend: { default: true } },
  pricing: {
    sg: [{ up_to_pixels: null, cost: "0.075" }],
    bj: [{ up_to_pixels: null, cost: "0.50" }],
  },
  requestsPerMinute: 2,
  recoverable: false,
} as const satisfies Omit<Model, "id">;

/** A model is one entry. `qwen-image-max` is the default, so it comes first. */
export const MODELS: readonly Model[] = [
  { ...QWEN_IMAGE_MAX, id: "qwen-image-max" },
  { ...QWEN_IMAGE_MAX, id: "qwen-image-max-2025-12-30" },
];
