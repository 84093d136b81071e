import { offerOf } from "../lambdas/providers/registry.ts";
import type { Environment } from "./environment-schema.ts";

/**
 * Requests per minute of each model of an environment, as `id=number`: the model's own there, else the environment's for
 * all models, else the registry's.
 */
export function modelQuotas({ provider }: Pick<Environment, "provider">): string[] {
  return offerOf(provider).models.map(({ id, requestsPerMinute }) => {
    const own = provider.models?.[id]?.requestsPerMinute;
    return `${id}=${own ?? provider.requestsPerMinute ?? requestsPerMinute}`;
  });
}
