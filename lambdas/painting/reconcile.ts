import { readOrPassOver } from "../generations/quarantine.ts";
import { expireIfOverdue } from "../generations/read.ts";
import { type Generation, isOpen, type Submitting } from "../generations/record.ts";
import type { GenerationStore } from "../generations/table.ts";
import { checkpoint } from "../generations/transitions/checkpoint.ts";
import { loseAnswer } from "../generations/transitions/lose-answer.ts";
import { adopt } from "../generations/transitions/painted.ts";
import { isOverdue, revive } from "../generations/transitions/queued.ts";
import { errorName, logger } from "../platform/observe.ts";
import type { KeptAnswers } from "./kept-answers.ts";
import type { TurnQueue } from "./queue.ts";

interface Reconciler {
  readonly generations: Pick<GenerationStore, "due" | "get" | "save" | "quarantine">;
  readonly queue: Pick<TurnQueue, "send">;
  readonly answers: Pick<KeptAnswers, "accepted">;
  readonly now: () => number;
  readonly signal: (
    name: "GenerationsRequeued" | "OutcomeUnknown" | "PoisonMessage",
    generationId: string,
  ) => void;
}

/** What one run did. */
interface Reconciled {
  readonly ended: number;
  readonly queuedAgain: number;
}

/**
 * The belt to the braces: no open state is for ever. Looks at every open generation that should have moved on
 * by now, whatever became of its message, and ends it or gives it a new message. Safe to run twice at once.
 */
export async function reconcile(reconciler: Reconciler): Promise<Reconciled> {
  let ended = 0;
  let queuedAgain = 0;
  for (const id of await reconciler.generations.due(reconciler.now())) {
    const next = await reconcileOne(id, reconciler);
    if (next === "ended") ended++;
    if (next === "queued again") queuedAgain++;
  }
  return { ended, queuedAgain };
}

async function reconcileOne(id: string, reconciler: Reconciler): Promise<"ended" | "queued again" | null> {
  const { generations, queue, signal, now } = reconciler;
  const generation = await readOrPassOver(id, reconciler);
  if (generation === null) return null;
  if (isOverdue(generation, now())) {
    const latest = await expireIfOverdue(generation, reconciler);
    return latest !== null && isOpen(latest) ? null : "ended";
  }
  const next = await nextOf(generation, reconciler);
  if (next === null || !(await generations.save(next))) return null;
  if (generation.state === "submitting" && next.state !== "painted") signal("OutcomeUnknown", id);
  if (!isOpen(next)) return "ended";
  // After the write: a crash in between leaves it due again after its new grace, never lost.
  await queue.send([id]);
  signal("GenerationsRequeued", id);
  return "queued again";
}

/** The way out of a state that has outlived what it allows; null when it has not, or when that is not known now. */
async function nextOf(generation: Generation, reconciler: Reconciler): Promise<Generation | null> {
  const now = reconciler.now();
  switch (generation.state) {
    case "queued":
      return revive(generation, now);
    case "submitting":
      return Date.parse(generation.lease_until) >= now ? null : afterLease(generation, reconciler);
    case "painted":
      return adopt(generation, now);
    default:
      return null;
  }
}

/** The answer may lie beside the table. Where the bucket does not say, the next run looks again. */
async function afterLease(claim: Submitting, reconciler: Reconciler): Promise<Generation | null> {
  const now = reconciler.now();
  try {
    const kept = await reconciler.answers.accepted(claim);
    // Its own message fetches it: the one that asked seems to be lost.
    if (kept !== null) return { ...checkpoint(claim, { ...kept, now }), turn: claim.id };
  } catch (error) {
    logger.warn("the bucket does not say whether an answer is kept", {
      generation_id: claim.id,
      error: errorName(error),
    });
    return null;
  }
  const detail = "The service lost the provider's answer; whether the image was charged is not known.";
  return loseAnswer(claim, { now, notBefore: now, detail });
}
