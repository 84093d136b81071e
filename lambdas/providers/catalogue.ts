import type { Queued } from "../generations/record.ts";
import { type Catalogue, createRequestSchema } from "../generations/request.ts";
import { isModelName, modelFacts, modelsOf, type Region } from "./dashscope/models.ts";

/** What callers may ask of the models of a region. */
export function catalogueOf(region: Region): Catalogue {
  const [first, ...others] = modelsOf(region);
  if (first === undefined) throw new Error(`no model is known in region ${region}`);
  const [size, ...sizes] = [first.defaultSize, ...first.sizes.filter((other) => other !== first.defaultSize)];
  return {
    models: [first.model, ...others.map(({ model }) => model)],
    sizes: [size ?? first.defaultSize, ...sizes],
    promptLimit: first.promptLimit,
    negativePromptLimit: first.negativePromptLimit,
  };
}

/** The schema of create requests in a region. */
export function requestSchemaOf(region: Region) {
  return createRequestSchema(catalogueOf(region));
}

/** The price of one image of a model in a region; null for a model that is not offered there. */
export function priceOf(region: Region, model: string): Queued["price"] | null {
  if (!isModelName(model)) return null;
  const { cost, currency } = modelFacts(region, model).price;
  return { amount: cost, currency };
}

/** What the prices of a region are in. */
export function currencyOf(region: Region): string {
  const [first] = modelsOf(region);
  if (first === undefined) throw new Error(`no model is known in region ${region}`);
  return first.price.currency;
}
