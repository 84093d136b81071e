import { list, required } from "../platform/environment.ts";
import { type Offer, offerOf } from "./registry.ts";

/** What this deployment's provider offers in its region. The key and the base URL belong to that region alone. */
export function configuredOffer(): Offer {
  return offerOf({ name: required("PROVIDER_NAME"), region: required("PROVIDER_REGION") });
}

/** A model that is not offered any more is not asked for, only ended: that takes no provider's time. */
const QUOTA_OF_UNKNOWN = 60;

/** Requests per minute of each model, as the stack wrote them down (`id=number`); the registry's word where it did not. */
export function configuredQuotas(offer: Offer): (model: string) => number {
  const written = new Map(
    list("MODEL_REQUESTS_PER_MINUTE").map((entry) => {
      const [id = "", quota] = entry.split("=");
      if (!(Number(quota) > 0)) throw new Error(`MODEL_REQUESTS_PER_MINUTE has no number for ${id}`);
      return [id, Number(quota)];
    }),
  );
  return (model) => written.get(model) ?? offer.modelOf(model)?.requestsPerMinute ?? QUOTA_OF_UNKNOWN;
}
