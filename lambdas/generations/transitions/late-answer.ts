import { timestamp } from "../../platform/clock.ts";
import { commonOf, type EndedGeneration, type Painted, type Queued } from "../record.ts";
import { type Answer, checkpoint } from "./checkpoint.ts";
import { told } from "./ending.ts";
import { PERHAPS_CHARGED } from "./lose-answer.ts";

/**
 * The answer of a call that was taken for lost, while the generation is queued for another call: it has its picture,
 * and nothing is bought again. The message that brings the answer fetches it.
 */
export function recoverAnswer(generation: Queued, answer: Answer, turn: string): Painted {
  // One call alone was made, or one answer alone was lost: no other can have been charged besides it.
  const isOnly = generation.attempts === 1 || generation.lost_answers === 1;
  return checkpoint(
    {
      ...commonOf(generation),
      state: "submitting",
      turn,
      claim_id: "",
      inquiry_at: null,
      submitted_at: timestamp(answer.now),
      lease_until: timestamp(answer.now),
      lost_answers: Math.max(0, generation.lost_answers - 1),
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
