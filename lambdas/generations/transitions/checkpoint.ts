import { timestamp } from "../../platform/clock.ts";
import { commonOf, type Painted, type Submitting } from "../record.ts";
import { told } from "./ending.ts";

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
