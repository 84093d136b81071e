import { dashscope } from "./dashscope/provider.ts";
import type { Model, PriceTier, Provider, Region } from "./port.ts";
import { costOf } from "./sizes.ts";

/** Every provider, one a line; the first is the default. */
export const PROVIDERS: readonly [Provider, ...Provider[]] = [dashscope];

/** A model as a region offers it: its facts, and its prices there. */
export interface OfferedModel extends Omit<Model, "pricing"> {
  readonly region: string;
  /** Who made it. */
  readonly owner: string;
  readonly pricing: {
    readonly currency: string;
    readonly output: readonly [PriceTier, ...PriceTier[]];
  };
}

/** What one region of one provider offers: all that an environment can ask for. */
export interface Offer extends Region {
  readonly provider: Provider;
  readonly region: string;
  /** The first is the default. */
  readonly models: readonly [OfferedModel, ...OfferedModel[]];
  /** A model by its id; null for one that is not offered here, or not any more. */
  modelOf(id: string): OfferedModel | null;
}

/** The provider of a name; null where there is none. */
export function providerNamed(name: string, providers: readonly Provider[] = PROVIDERS): Provider | null {
  return providers.find((provider) => provider.name === name) ?? null;
}

/**
 * What a provider's region offers.
 *
 * @throws Error when there is no such provider or region, or no model is offered there
 */
export function offerOf(
  { name, region }: { readonly name: string; readonly region: string },
  providers: readonly Provider[] = PROVIDERS,
): Offer {
  const provider = providerNamed(name, providers);
  const place = Object.hasOwn(provider?.regions ?? {}, region) ? provider?.regions[region] : undefined;
  if (provider === null || place === undefined) throw new Error(`there is no provider ${name} in ${region}`);
  const [first, ...others] = provider.models.flatMap(({ pricing, ...facts }): OfferedModel[] => {
    const output = pricing[region];
    if (output === undefined) return [];
    return [{ ...facts, region, owner: provider.owner, pricing: { currency: place.currency, output } }];
  });
  if (first === undefined) throw new Error(`${name} offers no model in ${region}`);
  const models = [first, ...others] as const;
  return {
    ...place,
    provider,
    region,
    models,
    modelOf: (id) => models.find((model) => model.id === id) ?? null,
  };
}

/** The price of one image of a size; null for a model that is not offered. */
export function priceIn(
  { modelOf }: Offer,
  id: string,
  size: string,
): { readonly amount: string; readonly currency: string } | null {
  const pricing = modelOf(id)?.pricing;
  return pricing === undefined ? null : { amount: costOf(size, pricing.output), currency: pricing.currency };
}
