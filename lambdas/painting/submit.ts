import type { Submitting } from "../generations/record.ts";
import { refuse } from "../generations/transitions.ts";
import type { Slot } from "../pacing/limiter-state.ts";
import { dimensionsOf, IMAGE_SIZES, type ImageSize, isModelName } from "../providers/dashscope/models.ts";
import type { Submission } from "../providers/dashscope/submission.ts";
import { bestEffort } from "./best-effort.ts";
import type { Disposition, WorkerDependencies } from "./dependencies.ts";
import { recordAnswer } from "./record-answer.ts";
import { settle } from "./settle.ts";

/** Asks the provider once for a claimed generation, at its slot, and writes down what the answer means. */
export async function submit(
  generation: Submitting,
  slot: Slot,
  apiKey: string,
  dependencies: WorkerDependencies,
): Promise<Disposition> {
  const { now, sleep } = dependencies;
  const request = paintRequest(generation);
  if (request === null) {
    const message = "The model is not offered by the provider any more.";
    const code = "provider_misconfigured";
    return settle(refuse(generation, { now: now(), code, message, provider: null }), dependencies);
  }
  const early = slot.at - now();
  if (early > 0) await sleep(early);
  const leftAt = now();
  const pacer = dependencies.pacerOf(generation.model);
  const departed = bestEffort(() => pacer.departed(slot, leftAt));
  const submission = await dependencies.submit(request, apiKey);
  const resumed = slot.probe && showsHealth(submission) ? bestEffort(() => pacer.resume()) : undefined;
  const asked = dimensionsOf(sizeOf(generation));
  // The answer, which is known only here, waits for neither.
  const [disposition] = await Promise.all([
    recordAnswer({ generation, submission, apiKey, asked }, dependencies),
    departed,
    resumed,
  ]);
  return disposition;
}

/** Whether an answer shows that key, permission and money are in order. */
function showsHealth(submission: Submission): boolean {
  return (
    submission.outcome === "accepted" ||
    (submission.outcome === "rejected" && submission.sent && submission.fault !== "operator")
  );
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
