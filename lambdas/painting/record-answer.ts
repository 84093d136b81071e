import type { Submitting } from "../generations/record.ts";
import { checkpoint, loseAnswer } from "../generations/transitions.ts";
import { retryDelay } from "../pacing/pace.ts";
import type { Accepted, Submission } from "../providers/port.ts";
import { back, type Disposition, type WorkerDependencies } from "./dependencies.ts";
import { fetchImage } from "./fetch-image.ts";
import { recordRejection, refusalOf } from "./record-rejection.ts";
import { savePersistently, settle } from "./settle.ts";

interface Answer {
  readonly generation: Submitting;
  readonly submission: Submission;
  /** The key that the provider was asked with. */
  readonly apiKey: string;
  /** The size that was asked for, in pixels. */
  readonly asked: { readonly width: number; readonly height: number } | null;
}

/** Writes down what the provider's answer means for the generation, and goes on from there. */
export async function recordAnswer(
  { generation, submission, apiKey, asked }: Answer,
  dependencies: WorkerDependencies,
): Promise<Disposition> {
  switch (submission.outcome) {
    case "accepted":
      return recordCheckpoint(generation, submission, asked, dependencies);
    case "rejected":
      return recordRejection(generation, submission, apiKey, dependencies);
    case "unknown": {
      const now = dependencies.now();
      dependencies.signal("OutcomeUnknown", generation.id);
      const notBefore =
        now +
        retryDelay(generation.attempts, dependencies.pacerOf(generation.model).pace, dependencies.random);
      const detail = `The provider's answer was lost (${submission.detail}); whether the image was charged is not known.`;
      const provider = refusalOf(submission);
      return settle(loseAnswer(generation, { now, notBefore, detail, provider }), dependencies);
    }
  }
}

/** The checkpoint comes before the first byte of the image: a crash from here on costs no second painting. */
async function recordCheckpoint(
  generation: Submitting,
  answer: Accepted,
  asked: Answer["asked"],
  dependencies: WorkerDependencies,
): Promise<Disposition> {
  const painted = checkpoint(generation, {
    requestId: answer.requestId,
    sourceUrl: answer.sourceUrl,
    sourceExpiresAt: answer.sourceExpiresAt.getTime(),
    width: answer.width ?? asked?.width ?? 0,
    height: answer.height ?? asked?.height ?? 0,
    now: dependencies.now(),
  });
  const saved = await savePersistently(painted, dependencies);
  // Refused, although only this delivery may write: an earlier try arrived whose answer was lost. The message looks again.
  return saved ? fetchImage(painted, dependencies) : back(dependencies.now());
}
