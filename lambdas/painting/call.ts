import type { Slot } from "../pacing/limiter-state.ts";
import type { ProviderRefusal } from "../platform/service-error.ts";
import type { ProviderDetail } from "../providers/port.ts";

/** The call that was answered. */
export interface Call {
  readonly slot: Slot;
  /** When it left, in epoch milliseconds. */
  readonly leftAt: number;
  /** The key that the provider was asked with. */
  readonly apiKey: string;
}

/** The provider's own words, as the record keeps them. */
export function refusalOf(answer: { provider: ProviderDetail }): ProviderRefusal | null {
  const { code, message, requestId } = answer.provider;
  return code === null && requestId === null ? null : { code, message, request_id: requestId };
}
