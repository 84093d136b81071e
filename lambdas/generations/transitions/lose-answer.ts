import { timestamp } from "../../platform/clock.ts";
import type { ProviderRefusal } from "../../platform/service-error.ts";
import { MOST_LOST_ANSWERS } from "../charges.ts";
import { commonOf, type Failed, type Queued, type Submitting } from "../record.ts";
import { waitAgain } from "../waiting.ts";
import { ended, ending, failure, type Told, told } from "./ending.ts";

interface LostAnswer {
  readonly now: number;
  readonly submittedAt?: number | undefined;
  readonly notBefore: number;
  /** A sentence without secrets, prompts or addresses. */
  readonly detail: string;
  readonly provider?: ProviderRefusal | null;
}

/** What a caller who chose `retry` must know of the bill. */
export const PERHAPS_CHARGED =
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
      lost_answers: kept.lost_answers + 1,
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
    lost_answers: generation.lost_answers + 1,
    request_id: provider?.request_id ?? null,
    error,
  };
}
