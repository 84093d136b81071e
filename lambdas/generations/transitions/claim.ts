import { randomUUID } from "node:crypto";
import { timestamp } from "../../platform/clock.ts";
import { withHappenings } from "../history.ts";
import { commonOf, type Queued, type StoredImage, type Submitting, type Succeeded } from "../record.ts";
import { type WaitingReason, waitAgain } from "../waiting.ts";
import { ended, ending, type Told, told } from "./ending.ts";

interface Claim {
  readonly now: number;
  readonly leaseSeconds: number;
  /** The generation named by the message whose turn this is. */
  readonly turn: string;
  readonly region: Queued["region"];
  readonly price: Queued["price"];
}

/** Written before the provider is called: from then on a call may have been made. */
export function claim(generation: Queued, by: Claim): Submitting {
  const kept = commonOf(generation);
  return {
    ...kept,
    state: "submitting",
    version: kept.version + 1,
    attempts: kept.attempts + 1,
    started_at: kept.started_at ?? timestamp(by.now),
    submitted_at: timestamp(by.now),
    lease_until: timestamp(by.now + by.leaseSeconds * 1000),
    turn: by.turn,
    claim_id: randomUUID(),
    inquiry_at: null,
    region: by.region,
    price: by.price,
    history: withHappenings(kept.history, [{ event: "claimed", at: by.now, attempt: kept.attempts + 1 }]),
  };
}

/** A claim that is given back before its call: nothing was asked, nothing counts. Times are epoch milliseconds. */
export function putOff(
  generation: Submitting,
  by: { now: number; notBefore: number; reason: WaitingReason; detail: string },
): Queued {
  const kept = commonOf(generation);
  const attempts = kept.attempts - 1;
  return {
    ...kept,
    state: "queued",
    version: kept.version + 1,
    attempts,
    started_at: attempts === 0 ? null : kept.started_at,
    not_before: timestamp(by.notBefore),
    waiting: waitAgain(kept.waiting, by),
    history: told(generation, by, { event: "requeued", detail: by.detail }),
  };
}

/** The picture was in the bucket before the call: a restored table does not know of it. Nothing is bought again. */
export function completeUnasked(generation: Submitting, by: { now: number; image: StoredImage }): Succeeded {
  const stored: Told = {
    event: "stored",
    detail: "Its picture was in the bucket already; nothing was asked.",
  };
  return {
    ...ending(generation, by.now),
    attempts: generation.attempts - 1,
    history: told(generation, by, stored, ended("succeeded")),
    state: "succeeded",
    request_id: null,
    image: by.image,
  };
}
