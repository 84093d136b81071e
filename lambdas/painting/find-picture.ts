import type { Generation, StoredImage, Submitting } from "../generations/record.ts";
import { completeUnasked, putOff } from "../generations/transitions/claim.ts";
import { retryDelay } from "../pacing/pace.ts";
import { errorName } from "../platform/observe.ts";
import type { WorkerDependencies } from "./dependencies.ts";

/** What the bucket says before a call is paid for. */
export type Found =
  | { readonly kind: "nothing" }
  | { readonly kind: "picture"; readonly image: StoredImage }
  | { readonly kind: "refused"; readonly error: string };

/**
 * Looks whether the bucket has this generation's picture already, as after the table was restored from a backup. Never
 * throws.
 */
export async function findPicture(
  { id, request_hash, created_at }: Generation,
  { images }: WorkerDependencies,
): Promise<Found> {
  try {
    const found = await images.find(id, { requestHash: request_hash, createdAt: created_at });
    return found === null ? { kind: "nothing" } : { kind: "picture", image: found };
  } catch (error) {
    return { kind: "refused", error: errorName(error) };
  }
}

/** What becomes of a claim without its call: it has its picture, or waits until the bucket answers. */
export function withoutCall(
  claim: Submitting,
  found: Exclude<Found, { kind: "nothing" }>,
  { now, random, pacerOf }: WorkerDependencies,
) {
  if (found.kind === "picture") return completeUnasked(claim, { now: now(), image: found.image });
  // Nothing is bought whose storage is away.
  return putOff(claim, {
    now: now(),
    notBefore: now() + retryDelay(claim.waiting?.tries ?? 0, pacerOf(claim.model).pace, random),
    reason: "storage_unavailable",
    detail: `The bucket did not say whether the picture is there (${found.error}).`,
  });
}
