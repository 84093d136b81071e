/**
 * What is known of each model, keyed by region and model: everything that depends on either is a fact here, never an
 * `if` elsewhere. Sources: the provider's image API, pricing and rate-limit pages
 * (https://www.alibabacloud.com/help/en/model-studio/qwen-image-api, …/model-pricing, …/rate-limit).
 */

/** sg is Singapore, bj is Beijing. The model is offered in no other region and keys do not cross. */
export const REGIONS = ["sg", "bj"] as const;
export type Region = (typeof REGIONS)[number];

export const MODEL_NAMES = ["qwen-image-max", "qwen-image-max-2025-12-30"] as const;
export type ModelName = (typeof MODEL_NAMES)[number];

export const IMAGE_SIZES = ["1664*928", "1472*1104", "1328*1328", "1104*1472", "928*1664"] as const;
export type ImageSize = (typeof IMAGE_SIZES)[number];

export interface ModelFacts {
  readonly model: ModelName;
  readonly region: Region;
  /** "legacy": the provider files it so since September 2026, without an end date. */
  readonly status: "current" | "legacy";
  /** Set on a dated snapshot's alias: the snapshot that answers today. */
  readonly snapshot: ModelName;
  readonly sizes: readonly ImageSize[];
  readonly defaultSize: ImageSize;
  /** Images per request: the provider refuses any other number. */
  readonly n: 1;
  /** Code points after which the provider silently truncates. Its later pages count tokens, so it is a warning, not a limit. */
  readonly promptLimit: number;
  readonly negativePromptLimit: number;
  /** Inclusive. */
  readonly seed: { readonly minimum: number; readonly maximum: number };
  /** Per successful image, a decimal string; failed calls are free. */
  readonly price: { readonly cost: string; readonly currency: "USD" | "CNY" };
  /** Per provider account, over all its keys and workers, unless the account has another quota. */
  readonly requestsPerMinute: number;
}

const SHARED = {
  status: "legacy",
  snapshot: "qwen-image-max-2025-12-30",
  sizes: IMAGE_SIZES,
  defaultSize: "1664*928",
  n: 1,
  promptLimit: 800,
  negativePromptLimit: 500,
  seed: { minimum: 0, maximum: 2_147_483_647 },
  requestsPerMinute: 2,
} as const;

const SINGAPORE = { ...SHARED, region: "sg", price: { cost: "0.075", currency: "USD" } } as const;
const BEIJING = { ...SHARED, region: "bj", price: { cost: "0.50", currency: "CNY" } } as const;

const REGISTRY: Readonly<Record<Region, Readonly<Record<ModelName, ModelFacts>>>> = {
  sg: {
    "qwen-image-max": { ...SINGAPORE, model: "qwen-image-max" },
    "qwen-image-max-2025-12-30": { ...SINGAPORE, model: "qwen-image-max-2025-12-30" },
  },
  bj: {
    "qwen-image-max": { ...BEIJING, model: "qwen-image-max" },
    "qwen-image-max-2025-12-30": { ...BEIJING, model: "qwen-image-max-2025-12-30" },
  },
};

/** The two shared hosts. Workspace domains (`https://{workspace}.ap-southeast-1.maas.aliyuncs.com`) are configuration. */
const SHARED_BASE_URLS: Readonly<Record<Region, string>> = {
  sg: "https://dashscope-intl.aliyuncs.com",
  bj: "https://dashscope.aliyuncs.com",
};

export function isRegion(name: string): name is Region {
  return REGIONS.some((region) => region === name);
}

export function isModelName(name: string): name is ModelName {
  return MODEL_NAMES.some((model) => model === name);
}

export function modelFacts(region: Region, model: ModelName): ModelFacts {
  return REGISTRY[region][model];
}

/** Every model of a region, the plain name first. */
export function modelsOf(region: Region): readonly ModelFacts[] {
  return MODEL_NAMES.map((model) => REGISTRY[region][model]);
}

/** The provider's address where none is configured, without a trailing slash. */
export function defaultBaseUrl(region: Region): string {
  return SHARED_BASE_URLS[region];
}

/** Pixels of a size. */
export function dimensionsOf(size: ImageSize): { width: number; height: number } {
  const [width = 0, height = 0] = size.split("*").map(Number);
  return { width, height };
}
