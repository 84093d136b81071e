import { randomUUID } from "node:crypto";
import { timestamp } from "../platform/clock.ts";
import type { Billed, ProblemCode, ProviderRefusal } from "../platform/problems.ts";
import { PROBLEMS } from "../platform/problems.ts";
import { billedSoFar } from "./billed.ts";
import { type Happening, withHappenings } from "./history.ts";
import {
  type Canceled,
  commonOf,
  type EndedGeneration,
  type Expired,
  type Failed,
  type Failure,
  type Generation,
  type OpenGeneration,
  type Painted,
  type Queued,
  type StoredImage,
  type Submitting,
  type Succeeded,
} from "./record.ts";
import { type WaitingReason, waitAgain } from "./waiting.ts";

/**
 * The life of a generation, as pure functions from one state to the next:
 * `queued → submitting → painted → succeeded | failed`, `queued → canceled | expired`.
 * The types admit no other step; the store writes each only over the version that was read.
 */

/** Counted submissions after which a generation fails, whatever the provider says. */
export const MOST_ATTEMPTS = 8;
/** Submissions after which a lost answer ends even a generation that chose `retry`. */
const MOST_LOST_ANSWERS = 3;

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

/** An accepted answer, as the checkpoint takes it. Times are epoch milliseconds. */
export interface Answer {
  /** When the request left, in epoch milliseconds; absent where that is not known any more. */
  readonly submittedAt?: number | undefined;
  readonly requestId: string | null;
  readonly sourceUrl: string;
  readonly sourceExpiresAt: number;
  readonly width: number;
  readonly height: number;
  readonly now: number;
}

/** The checkpoint: the image is painted and paid; from here on it is fetched, never painted again. */
export function checkpoint(generation: Submitting, answer: Answer): Painted {
  const kept = commonOf(generation);
  return {
    ...kept,
    state: "painted",
    version: kept.version + 1,
    turn: generation.turn,
    request_id: answer.requestId,
    source_url: answer.sourceUrl,
    source_expires_at: timestamp(answer.sourceExpiresAt),
    width: answer.width,
    height: answer.height,
    fetches: 0,
    next_fetch_at: timestamp(answer.now),
    waiting_for_host: null,
    waiting: null,
    history: told(generation, answer, {
      event: "accepted_by_provider",
      provider: { code: null, request_id: answer.requestId },
    }),
    unverified_key: null,
  };
}

/**
 * The answer of a call that was taken for lost, while the generation is queued for another call: it has its picture,
 * and nothing is bought again. The message that brings the answer fetches it.
 */
export function recoverAnswer(generation: Queued, answer: Answer, turn: string): Painted {
  // One call alone was made: no other can have been charged besides it.
  const isOnly = generation.attempts === 1;
  return checkpoint(
    {
      ...commonOf(generation),
      state: "submitting",
      turn,
      claim_id: "",
      inquiry_at: null,
      submitted_at: timestamp(answer.now),
      lease_until: timestamp(answer.now),
      ...(isOnly && {
        outcome_lost: false,
        warnings: generation.warnings.filter((warning) => warning !== PERHAPS_CHARGED),
      }),
      history: told(generation, answer, { event: "late_answer", detail: "The answer came after all." }),
    },
    answer,
  );
}

interface LateAnswer {
  readonly now: number;
  readonly requestId: string | null;
  /** Where in the bucket its picture is kept; null where it is not. */
  readonly keptAs: string | null;
}

/**
 * The answer of a call that was taken for lost came after the end. The announced end stays; that the call was charged
 * is known now, and the picture is kept. What was reserved for it stays reserved.
 */
export function recordLateAnswer<Ended extends EndedGeneration>(generation: Ended, by: LateAnswer): Ended {
  const late =
    by.keptAs === null
      ? "The answer came after the end: the image was painted and charged."
      : `The answer came after the end: the image was painted and charged; it is kept as ${by.keptAs}.`;
  const provider = { code: null, request_id: by.requestId };
  const next = {
    ...generation,
    version: generation.version + 1,
    history: told(generation, by, { event: "late_answer", detail: late, provider }),
  };
  switch (next.state) {
    case "succeeded":
      return { ...next, warnings: [...new Set([...next.warnings, `Another call was charged too. ${late}`])] };
    case "canceled":
      return { ...next, billed: "yes" };
    default:
      return {
        ...next,
        error: { ...next.error, billed: "yes", message: [firstWords(next.error.message), late].join(" ") },
      };
  }
}

/** A message without what an earlier note of the same late answer has added. */
function firstWords(message: string): string {
  return message.split(" The answer came after the end:")[0] ?? message;
}

/** A refusal after which the provider may be asked again. Times are epoch milliseconds. */
interface Refusal {
  readonly now: number;
  readonly submittedAt?: number | undefined;
  readonly notBefore: number;
  /** Whether it uses up one of the generation's tries. */
  readonly counted: boolean;
  readonly reason: WaitingReason;
  /** A sentence without secrets, prompts or addresses. */
  readonly detail: string;
  readonly provider: ProviderRefusal | null;
  /** Where the account was refused: whether others passed meanwhile, so that it is the generation's own fault. */
  readonly account?: "refused" | "refused for its own fault";
}

/** The provider refused without painting, and may be asked again from `notBefore` on. */
export function requeue(generation: Submitting, by: Refusal): Queued {
  const kept = commonOf(generation);
  const attempts = by.counted ? kept.attempts : kept.attempts - 1;
  return {
    ...kept,
    state: "queued",
    version: kept.version + 1,
    attempts,
    // Where no call counts, nothing has begun.
    started_at: attempts === 0 ? null : kept.started_at,
    not_before: timestamp(by.notBefore),
    waiting: waitAgain(kept.waiting, by),
    refused_at: by.account === "refused" ? timestamp(by.now) : kept.refused_at,
    own_refusals: kept.own_refusals + (by.account === "refused for its own fault" ? 1 : 0),
    history: told(
      generation,
      by,
      { event: "refused_by_provider", detail: by.detail, provider: by.provider },
      { event: "requeued" },
    ),
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

/** The provider refused for good, or gave the last answer that we accept. Nothing was painted by this call. */
export function refuse(
  generation: Submitting,
  by: {
    now: number;
    submittedAt?: number | undefined;
    code: ProblemCode;
    message: string;
    provider: ProviderRefusal | null;
  },
): Failed {
  const error = failure(by.code, by.message, billedSoFar(generation), by.provider);
  const refused: Told = { event: "refused_by_provider", provider: by.provider };
  return {
    ...ending(generation, by.now),
    history: told(generation, by, ...(by.provider === null ? [] : [refused]), ended("failed", by.code)),
    state: "failed",
    request_id: by.provider?.request_id ?? null,
    error,
  };
}

interface LostAnswer {
  readonly now: number;
  readonly submittedAt?: number | undefined;
  readonly notBefore: number;
  /** A sentence without secrets, prompts or addresses. */
  readonly detail: string;
  readonly provider?: ProviderRefusal | null;
}

/** What a caller who chose `retry` must know of the bill. */
const PERHAPS_CHARGED =
  "The answer to an earlier call was lost; it may have been charged besides the picture that is shown.";

/**
 * The provider's answer is lost, and with it the knowledge whether it painted and charged. The caller's
 * choice decides: `fail` ends here, `retry` queues again, a few times at most.
 */
export function loseAnswer(generation: Submitting, by: LostAnswer): Queued | Failed {
  const provider = by.provider ?? null;
  const lost: Told = { event: "outcome_unknown", detail: by.detail, provider };
  if (generation.on_unknown_outcome === "retry" && generation.attempts < MOST_LOST_ANSWERS) {
    const kept = commonOf(generation);
    return {
      ...kept,
      state: "queued",
      version: kept.version + 1,
      outcome_lost: true,
      warnings: [...new Set([...kept.warnings, PERHAPS_CHARGED])],
      not_before: timestamp(by.notBefore),
      waiting: waitAgain(kept.waiting, { reason: "provider_unavailable", detail: by.detail, now: by.now }),
      history: told(generation, by, lost, { event: "requeued" }),
    };
  }
  const error = failure("upstream_outcome_unknown", by.detail, "unknown", provider);
  return {
    ...ending(generation, by.now),
    history: told(generation, by, lost, ended("failed", "upstream_outcome_unknown")),
    state: "failed",
    outcome_lost: true,
    request_id: provider?.request_id ?? null,
    error,
  };
}

/** The image could not be fetched or stored yet; it waits for its next fetch, or for an operator. */
export function postponeFetch(
  generation: Painted,
  by: {
    now: number;
    nextFetchAt: number;
    host: string | null;
    unverifiedKey?: string | null;
    reason: WaitingReason;
    detail: string;
  },
): Painted {
  return {
    ...generation,
    version: generation.version + 1,
    fetches: generation.fetches + 1,
    next_fetch_at: timestamp(by.nextFetchAt),
    waiting_for_host: by.host,
    waiting: waitAgain(generation.waiting, by),
    history: told(generation, by, { event: "fetch_failed", detail: by.detail }),
    unverified_key: by.unverifiedKey ?? generation.unverified_key,
  };
}

/** The image is in the bucket. Only now does anyone hear of success. */
export function complete(
  generation: Painted,
  by: { now: number; image: StoredImage; warnings?: readonly string[] },
): Succeeded {
  return {
    ...ending(generation, by.now),
    history: told(generation, by, { event: "stored" }, ended("succeeded")),
    state: "succeeded",
    warnings: [...generation.warnings, ...(by.warnings ?? [])],
    request_id: generation.request_id,
    image: by.image,
  };
}

/** The image's URL died before a valid picture came from it. It was painted, and is paid. */
export function giveUpImage(generation: Painted, by: { now: number; detail: string }): Failed {
  const error = failure("image_unavailable", by.detail, "yes", null);
  return {
    ...ending(generation, by.now),
    history: told(generation, by, ended("failed", "image_unavailable")),
    state: "failed",
    request_id: generation.request_id,
    error,
  };
}

/** Ends a queued generation at its owner's request. */
export function cancel(generation: Queued, now: number): Canceled {
  return {
    ...ending(generation, now),
    history: told(generation, { now }, ended("canceled")),
    state: "canceled",
    request_id: null,
    billed: billedSoFar(generation),
  };
}

/** Ends a queued generation whose deadline has passed. */
export function expire(generation: Queued, now: number): Expired {
  const message = `The deadline ${generation.deadline} passed while the generation was queued.`;
  const error = failure("deadline_exceeded", message, billedSoFar(generation), null);
  return {
    ...ending(generation, now),
    history: told(generation, { now }, ended("expired", "deadline_exceeded")),
    state: "expired",
    request_id: null,
    error,
  };
}

/** Ends a queued generation that the service itself can't bring to its turn. */
export function abandon(generation: Queued, now: number): Failed {
  const error = failure("internal", "The generation could not be processed.", billedSoFar(generation), null);
  return {
    ...ending(generation, now),
    history: told(generation, { now }, ended("failed", "internal")),
    state: "failed",
    request_id: null,
    error,
  };
}

/** Gives a queued generation another message and time to use it: its own seems to be lost. */
export function revive(generation: Queued, now: number): Queued {
  const { version, requeues } = generation;
  return {
    ...generation,
    version: version + 1,
    requeues: requeues + 1,
    appointment_at: timestamp(now),
    history: told(generation, { now }, { event: "requeued", detail: "Its message seemed to be lost." }),
  };
}

/** Makes a painted generation's own message responsible for it: the message that painted it seems to be lost. */
export function adopt(generation: Painted, now: number): Painted {
  return {
    ...generation,
    version: generation.version + 1,
    turn: generation.id,
    next_fetch_at: timestamp(now),
    history: told(
      generation,
      { now },
      {
        event: "taken_over",
        detail: "The message that painted it seemed to be lost.",
      },
    ),
  };
}

/** Takes picture and input away and leaves the tombstone: what happened, and what it cost. */
export function remove<Ended extends EndedGeneration>(generation: Ended, now: number): Ended {
  const tombstone = {
    ...generation,
    version: generation.version + 1,
    removed_at: timestamp(now),
    input: null,
    metadata: {},
    // The end has given back what was reserved, or has spent it: a tombstone gives nothing back again.
    reserved: null,
    history: told(generation, { now }, { event: "removed" }),
  };
  return tombstone.state === "succeeded" ? { ...tombstone, image: null } : tombstone;
}

/** Tells whether the deadline of a queued generation has passed. */
export function isOverdue(generation: Generation, now: number): generation is Queued {
  return generation.state === "queued" && generation.deadline <= timestamp(now);
}

function failure(
  code: ProblemCode,
  message: string,
  billed: Billed,
  provider: ProviderRefusal | null,
): Failure {
  return { code, message, retryable: PROBLEMS[code].retryable, billed, provider };
}

/** What every ended generation has, of what the open one had. */
function ending(generation: OpenGeneration, now: number) {
  const kept = commonOf(generation);
  return { ...kept, version: kept.version + 1, completed_at: timestamp(now), waiting: null };
}

type Told = Omit<Happening, "at" | "attempt">;

/** The history with what happened now; the submission first, where its time is known. Times are epoch milliseconds. */
function told(
  { history, attempts }: Generation,
  { now, submittedAt }: { now: number; submittedAt?: number | undefined },
  ...happened: readonly Told[]
) {
  const left: Happening[] =
    submittedAt === undefined ? [] : [{ event: "submitted", at: submittedAt, attempt: attempts }];
  return withHappenings(history, [
    ...left,
    ...happened.map((each) => ({ ...each, at: now, attempt: attempts })),
  ]);
}

function ended(status: string, code: ProblemCode | null = null): Told {
  return { event: "ended", detail: code === null ? status : `${status}: ${code}` };
}
