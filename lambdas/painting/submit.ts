import type { Generation, Submitting } from "../generations/record.ts";
import { checkpoint, loseAnswer, MOST_ATTEMPTS, refuse, requeue } from "../generations/transitions.ts";
import { retryDelay, throttlePause } from "../pacing/pace.ts";
import type { Slot } from "../pacing/slots.ts";
import { errorName, logger } from "../platform/observe.ts";
import type { ProviderRefusal } from "../platform/problems.ts";
import type { OperatorFault } from "../providers/dashscope/error-table.ts";
import { dimensionsOf, IMAGE_SIZES, type ImageSize, isModelName } from "../providers/dashscope/models.ts";
import type { Accepted, Rejected, Submission, Unknown } from "../providers/dashscope/submission.ts";
import { back, type Disposition, DONE, type WorkerDependencies } from "./dependencies.ts";
import { fetchImage } from "./fetch-image.ts";

/** Submissions in all, by what the error table says of asking again. */
const ATTEMPTS = { never: 1, once: 2, twice: 3, always: MOST_ATTEMPTS, throttled: MOST_ATTEMPTS } as const;

const CHECKPOINT_TRIES = 6;

/** Asks the provider once for a claimed generation, and writes down what its answer means. */
export async function submit(
  generation: Submitting,
  slot: Slot,
  apiKey: string,
  dependencies: WorkerDependencies,
): Promise<Disposition> {
  const request = paintRequest(generation);
  if (request === null) {
    const message = "The model is not offered by the provider any more.";
    return settle(
      refuse(generation, {
        now: dependencies.now(),
        code: "provider_misconfigured",
        message,
        provider: null,
      }),
      dependencies,
    );
  }
  const early = slot.at - dependencies.now();
  if (early > 0) await dependencies.sleep(early);
  const leftAt = dependencies.now();
  const pacer = dependencies.pacerOf(generation.model);
  const departed = unlessItFails(() => pacer.departed(slot, leftAt));
  const submission = await dependencies.submit(request, apiKey);
  const resumed = slot.probe && showsHealth(submission) ? unlessItFails(() => pacer.resume()) : undefined;
  // The answer, which is known only here, waits for neither.
  const [disposition] = await Promise.all([
    writeDown(generation, submission, apiKey, dependencies),
    departed,
    resumed,
  ]);
  return disposition;
}

async function writeDown(
  generation: Submitting,
  submission: Submission,
  apiKey: string,
  dependencies: WorkerDependencies,
): Promise<Disposition> {
  switch (submission.outcome) {
    case "accepted":
      return accepted(generation, submission, dependencies);
    case "rejected":
      return rejected(generation, submission, apiKey, dependencies);
    case "unknown": {
      const kept = await keepRaw(generation, submission, dependencies);
      const now = dependencies.now();
      dependencies.signal("OutcomeUnknown", generation.id);
      const notBefore = now + retryDelay(generation.attempts, dependencies.pace, dependencies.random);
      const detail = `The provider's answer was lost (${submission.detail}${kept}); whether the image was charged is not known.`;
      return settle(
        loseAnswer(generation, { now, notBefore, detail, provider: refusalOf(submission) }),
        dependencies,
      );
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
  const key = await unlessItFails(() => answers.keep(generation, raw));
  return key === undefined ? "" : `; kept as ${key}`;
}

/** The checkpoint comes before the first byte of the image: a crash from here on costs no second painting. */
async function accepted(
  generation: Submitting,
  answer: Accepted,
  dependencies: WorkerDependencies,
): Promise<Disposition> {
  const asked = dimensionsOf(sizeOf(generation));
  const { sourceUrl, inline } = answer;
  const painted = checkpoint(generation, {
    requestId: answer.requestId,
    sourceUrl:
      inline === null
        ? sourceUrl
        : await insistently(() => dependencies.answers.keepPicture(generation, inline), dependencies),
    sourceExpiresAt: answer.sourceExpiresAt.getTime(),
    width: answer.width ?? asked.width,
    height: answer.height ?? asked.height,
    now: dependencies.now(),
  });
  const saved = await insistently(() => dependencies.generations.save(painted), dependencies);
  // Refused, although nobody else may write: an earlier try arrived whose answer was lost. The message looks again.
  return saved ? fetchImage(painted, dependencies) : back(dependencies.now());
}

async function rejected(
  generation: Submitting,
  answer: Rejected,
  apiKey: string,
  dependencies: WorkerDependencies,
): Promise<Disposition> {
  const now = dependencies.now();
  if (answer.fault === "operator") {
    // It keeps its place in the line: the fault is not its own.
    const notBefore = Date.parse(generation.created_at);
    const [disposition] = await Promise.all([
      settle(requeue(generation, { notBefore, counted: false }), dependencies),
      pauseUnlessStale(generation, answer.operatorFault, apiKey, dependencies),
    ]);
    return disposition;
  }
  const pause = Math.max(
    (answer.retryAfterSeconds ?? 0) * 1000,
    throttlePause(dependencies.pace, dependencies.random),
  );
  const [disposition] = await Promise.all([
    settle(afterRefusal(generation, answer, { now, pause }, dependencies), dependencies),
    answer.retry === "throttled"
      ? unlessItFails(() => dependencies.pacerOf(generation.model).holdOff(now + pause))
      : undefined,
  ]);
  return disposition;
}

/** Queued again, where the error table and its attempts allow it; or failed. */
function afterRefusal(
  generation: Submitting,
  answer: Rejected,
  { now, pause }: { now: number; pause: number },
  { pace, random }: WorkerDependencies,
): Generation {
  if (generation.attempts < ATTEMPTS[answer.retry]) {
    const delay = answer.retry === "throttled" ? pause : retryDelay(generation.attempts, pace, random);
    return requeue(generation, { notBefore: now + delay, counted: true });
  }
  const provider = refusalOf(answer);
  const message = answer.provider.message ?? "The provider gave no reason.";
  return refuse(generation, { now, code: answer.problem, message, provider });
}

/** Stops the queue for an operator's fault. A key that was replaced since we read it is none: the next turn uses the new one. */
async function pauseUnlessStale(
  generation: Submitting,
  fault: OperatorFault,
  apiKey: string,
  dependencies: WorkerDependencies,
): Promise<void> {
  const isStale =
    fault === "key" && (await unlessItFails(() => dependencies.providerKey.replaces(apiKey))) === true;
  if (isStale) return;
  await unlessItFails(() => dependencies.pacerOf(generation.model).pause(fault));
  dependencies.signal("ProviderPaused", generation.id);
}

async function settle(next: Generation, dependencies: WorkerDependencies): Promise<Disposition> {
  await insistently(() => dependencies.generations.save(next), dependencies);
  return next.state === "queued" ? back(Date.parse(next.not_before)) : DONE;
}

/**
 * Writes down an answer that is known only here. The table failing for a while must not turn a known outcome
 * into an unknown one, so the write is repeated as long as the lease can bear it.
 */
async function insistently<Result>(
  save: () => Promise<Result>,
  dependencies: WorkerDependencies,
): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await save();
    } catch (error) {
      if (attempt >= CHECKPOINT_TRIES) throw error;
      await dependencies.sleep(100 * 2 ** attempt);
    }
  }
}

/** What else an answer calls for must not keep it from being written down: a fault there is noted, and passed over. */
async function unlessItFails<Result>(effort: () => Promise<Result>): Promise<Result | undefined> {
  try {
    return await effort();
  } catch (error) {
    logger.warn("an answer's side effect failed", { error: errorName(error) });
    return undefined;
  }
}

/** Whether an answer shows that key, permission and money are in order. */
function showsHealth(submission: Submission): boolean {
  return (
    submission.outcome === "accepted" ||
    (submission.outcome === "rejected" && submission.sent && submission.fault !== "operator")
  );
}

function refusalOf(answer: { provider: Rejected["provider"] }): ProviderRefusal | null {
  const { code, message, requestId } = answer.provider;
  return code === null && requestId === null ? null : { code, message, request_id: requestId };
}

function paintRequest(generation: Submitting) {
  const { input, model } = generation;
  if (input === null || !isModelName(model)) return null;
  return {
    model,
    prompt: input.prompt,
    negativePrompt: input.negative_prompt,
    size: sizeOf(generation),
    seed: input.seed,
    promptExtend: input.prompt_extend,
    watermark: input.watermark,
  };
}

function sizeOf(generation: Submitting): ImageSize {
  return IMAGE_SIZES.find((size) => size === generation.input?.size) ?? IMAGE_SIZES[0];
}
