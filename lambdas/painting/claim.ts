import { readOrPassOver } from "../generations/quarantine.ts";
import { expireIfOverdue } from "../generations/read.ts";
import type { Generation, Queued, Submitting } from "../generations/record.ts";
import { claim } from "../generations/transitions/claim.ts";
import type { Slot } from "../pacing/limiter-state.ts";
import { timestamp } from "../platform/clock.ts";
import type { WorkerDependencies } from "./dependencies.ts";
import { inOrder, LEAST_CUT_HEAD } from "./queue-order.ts";

/** How often the head of the queue is read again when other workers have claimed all of it. */
const MOST_LOOKS = 3;

/** What came of an attempt to claim one generation. */
type Attempt =
  | { readonly kind: "claimed"; readonly generation: Submitting }
  /** This message has claimed it, by another delivery or by a write whose answer was lost. */
  | { readonly kind: "claimed before" }
  /** It was not queued, or another message was quicker. */
  | { readonly kind: "not claimed" };

const NOT_CLAIMED: Attempt = { kind: "not claimed" };

/**
 * Claims the generation that goes first at this slot, for the message that names `own`. The claim is in the table
 * before the provider is asked. Null when nothing could be claimed, or when this message has a claim already.
 */
export async function claimNext(
  own: Generation,
  slot: Slot,
  dependencies: WorkerDependencies,
): Promise<Submitting | null> {
  for (let look = 0; look < MOST_LOOKS; look++) {
    let seen = 0;
    for await (const id of inOrder(own, slot, dependencies)) {
      // What this delivery has read already is good for a first try: the claim of a changed record is refused.
      const isKnown = look === 0 && seen === 0 && id === own.id;
      seen++;
      const candidate = isKnown ? own : await readOrPassOver(id, dependencies);
      const attempt = await tryClaim(candidate, own, dependencies);
      if (attempt.kind === "claimed") return attempt.generation;
      if (attempt.kind === "claimed before") return null;
    }
    if (seen < LEAST_CUT_HEAD) return null;
  }
  return null;
}

async function tryClaim(
  read: Generation | null,
  own: Generation,
  dependencies: WorkerDependencies,
): Promise<Attempt> {
  const { generations, leaseSeconds, region, priceOf } = dependencies;
  const candidate = read === null ? null : await expireIfOverdue(read, dependencies);
  const now = dependencies.now();
  if (candidate === null || !isReady(candidate, now)) return NOT_CLAIMED;
  // The note comes first: a crash after the claim must lead this message back to what it claimed.
  if (candidate.id !== own.id) await generations.lendTurn(own, candidate);
  const claimed = claim(candidate, {
    now,
    leaseSeconds,
    turn: own.id,
    region,
    // A model that is not offered any more is claimed too: submitting it ends it.
    price: priceOf(candidate.model, candidate.input?.size ?? "") ?? candidate.price,
  });
  if (await generations.save(claimed)) return { kind: "claimed", generation: claimed };
  const latest = await readOrPassOver(candidate.id, dependencies);
  if (latest?.state === "submitting" && latest.turn === own.id) return { kind: "claimed before" };
  // It had changed since this delivery read it, before the wait for the slot: once more, as it is now.
  return read === own ? tryClaim(latest, own, dependencies) : NOT_CLAIMED;
}

function isReady(generation: Generation, now: number): generation is Queued {
  return generation.state === "queued" && generation.not_before <= timestamp(now);
}
