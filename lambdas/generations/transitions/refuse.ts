import { timestamp } from "../../platform/clock.ts";
import type { ProblemCode } from "../../platform/problem-table.ts";
import type { ProviderRefusal } from "../../platform/service-error.ts";
import { billedSoFar } from "../billed.ts";
import { commonOf, type Failed, type Queued, type Submitting } from "../record.ts";
import { type WaitingReason, waitAgain } from "../waiting.ts";
import { ended, ending, failure, type Told, told } from "./ending.ts";

/** Counted submissions after which a generation fails, whatever the provider says. */
export const MOST_ATTEMPTS = 8;

/** A refusal after which the provider may be asked again. Times are epoch milliseconds. */
interface Refusal {
  readonly now: number;
  readonly submittedAt?: number | undefined;
  readonly notBefore: number;
  /** Its place in the queue order from now on; where it was when absent. */
  readonly placeAt?: number | undefined;
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
    place_at: by.placeAt === undefined ? kept.place_at : timestamp(by.placeAt),
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
