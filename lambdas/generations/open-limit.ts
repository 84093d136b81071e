import type { Lane } from "../pacing/lanes.ts";
import { idForKey } from "../platform/ids.ts";
import { ServiceError } from "../platform/service-error.ts";
import type { GenerationListing } from "./listing.ts";
import { lastPlaceOf, type Standing } from "./standing.ts";
import type { GenerationStore } from "./table.ts";

export interface OpenLimitNeeds {
  readonly listing: Pick<GenerationListing, "countOpen" | "openPages">;
  readonly generations: Pick<GenerationStore, "get">;
  readonly mostOpenGenerations: number;
  readonly pacerOf: (model: string) => { readonly pace: { readonly interval: number } };
}

interface Newcomer {
  readonly owner: string;
  readonly lane: Lane;
  readonly idempotencyKey: string | null;
  readonly request: { readonly model: string };
}

/**
 * Refuses a new generation to an owner who has too many in its lane that have not ended: a long batch must not lock
 * its owner out. A repetition is not new. Requests at the same moment may pass together: the bound keeps queues sane,
 * the budget is kept elsewhere. Answers where a new one stands among them.
 *
 * @throws ServiceError `rate_limited`
 */
export async function requireOpenLimit(
  { owner, lane, idempotencyKey, request }: Newcomer,
  { listing, generations, mostOpenGenerations, pacerOf }: OpenLimitNeeds,
): Promise<Standing> {
  const ahead = await listing.countOpen(owner, lane, mostOpenGenerations);
  if (ahead < mostOpenGenerations) {
    const { model } = request;
    return { ahead, lastPlace: ahead === 0 ? null : await lastPlaceOf({ owner, lane, model }, listing) };
  }
  if (idempotencyKey !== null && (await generations.get(idForKey(owner, idempotencyKey))) !== null)
    return { ahead, lastPlace: null };
  throw new ServiceError("rate_limited", {
    detail: `You have ${mostOpenGenerations} generations ${lane === "batch" ? "of batches " : ""}queued or running, the most that one owner may have. Nothing was accepted; there is room again when one ends.`,
    retryAfterSeconds: Math.max(1, Math.ceil(pacerOf(request.model).pace.interval / 1000)),
  });
}
