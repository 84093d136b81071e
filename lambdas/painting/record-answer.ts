import type { Submitting } from "../generations/record.ts";
import { checkpoint } from "../generations/transitions/checkpoint.ts";
import { loseAnswer } from "../generations/transitions/lose-answer.ts";
import { retryDelay } from "../pacing/pace.ts";
import type { Accepted, Submission, Unknown } from "../providers/port.ts";
import { bestEffort } from "./best-effort.ts";
import { type Call, refusalOf } from "./call.ts";
import type { Disposition, WorkerDependencies } from "./dependencies.ts";
import { fetchImage } from "./fetch-image.ts";
import { settleLateAnswer } from "./late-answer.ts";
import { recordRejection } from "./record-rejection.ts";
import { persistently, settle } from "./settle.ts";

interface Answer {
  readonly generation: Submitting;
  readonly submission: Submission;
  readonly call: Call;
  /** The size that was asked for, in pixels. */
  readonly asked: { readonly width: number; readonly height: number } | null;
}

/** Writes down what the provider's answer means for the generation, and goes on from there. */
export async function recordAnswer(
  { generation, submission, call, asked }: Answer,
  dependencies: WorkerDependencies,
): Promise<Disposition> {
  switch (submission.outcome) {
    case "accepted":
      return recordCheckpoint(generation, submission, asked, dependencies);
    case "rejected":
      return recordRejection(generation, submission, call, dependencies);
    case "unknown": {
      const kept = await keepRaw(generation, submission, dependencies);
      const now = dependencies.now();
      dependencies.signal("OutcomeUnknown", generation.id);
      const notBefore =
        now +
        retryDelay(generation.attempts, dependencies.pacerOf(generation.model).pace, dependencies.random);
      const detail = `The provider's answer was lost (${submission.detail}${kept}); whether the image was charged is not known.`;
      const provider = refusalOf(submission);
      return settle(loseAnswer(generation, { now, notBefore, detail, provider }), dependencies);
    }
  }
}

/** Where an answer that was not understood is kept: the operator may read what the service could not. */
async function keepRaw(
  generation: Submitting,
  { raw }: Unknown,
  { answers }: WorkerDependencies,
): Promise<string> {
  if (raw === null) return "";
  const key = await bestEffort(() => answers.keep(generation, raw));
  return key === undefined ? "" : `; kept as ${key}`;
}

/** The checkpoint comes before the first byte of the image: a crash from here on costs no second painting. */
async function recordCheckpoint(
  generation: Submitting,
  answer: Accepted,
  asked: Answer["asked"],
  dependencies: WorkerDependencies,
): Promise<Disposition> {
  const { sourceUrl, inline } = answer;
  const { answers, generations } = dependencies;
  const leaseEnd = Date.parse(generation.lease_until);
  const accepted = {
    requestId: answer.requestId,
    sourceUrl:
      inline === null
        ? sourceUrl
        : await persistently(() => answers.keepPicture(generation, inline), leaseEnd, dependencies),
    sourceExpiresAt: answer.sourceExpiresAt.getTime(),
    width: answer.width ?? asked?.width ?? 0,
    height: answer.height ?? asked?.height ?? 0,
  };
  const painted = checkpoint(generation, { ...accepted, now: dependencies.now() });
  let isKept = false;
  const beside = async () => {
    if (!isKept) await answers.keepAccepted(generation, accepted);
    isKept = true;
  };
  const saved = await persistently(() => generations.save(painted), leaseEnd, dependencies, beside);
  return saved ? fetchImage(painted, dependencies) : settleLateAnswer(generation, accepted, dependencies);
}
