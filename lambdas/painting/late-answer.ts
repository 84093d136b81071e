import { readOrQuarantine } from "../generations/quarantine.ts";
import {
  type EndedGeneration,
  type Generation,
  isOpen,
  type Painted,
  type Submitting,
} from "../generations/record.ts";
import { type Answer, checkpoint } from "../generations/transitions/checkpoint.ts";
import { recordLateAnswer, recoverAnswer } from "../generations/transitions/late-answer.ts";
import { logger } from "../platform/observe.ts";
import type { AcceptedAnswer } from "./accepted-answer.ts";
import { bestEffort } from "./best-effort.ts";
import { back, type Disposition, DONE, type WorkerDependencies } from "./dependencies.ts";
import { fetchImage } from "./fetch-image.ts";
import { withMarked } from "./with-marked.ts";

/** How often a later call for the same generation is looked at, until it has ended. */
const MOST_LOOKS = 12;
const LOOK_MS = 5000;
const MOST_WRITES = 5;

/**
 * An accepted answer whose record has moved on since its claim: the call was taken for lost, or an earlier write of
 * this answer arrived after all. It was paid for, so it is used where it still can be, and told of everywhere.
 */
export async function settleLateAnswer(
  claim: Submitting,
  answer: AcceptedAnswer,
  dependencies: WorkerDependencies,
): Promise<Disposition> {
  const { generations, now, sleep } = dependencies;
  for (let look = 0; look < MOST_LOOKS; look++) {
    const latest = await readOrQuarantine(claim.id, dependencies);
    if (latest === null) return DONE;
    if (!isOpen(latest)) return keepLate(latest, answer, dependencies);
    if (latest.state === "painted" && latest.source_url === answer.sourceUrl) return back(now());
    const painted = paintedBy(latest, claim, { ...answer, now: now() });
    if (painted === null) await sleep(LOOK_MS);
    else if (await generations.save(painted)) return fetchImage(painted, dependencies);
  }
  // Another call is under way for longer than this delivery may wait: the answer lies beside the table.
  await dependencies.answers.keepAccepted(claim, answer);
  logger.error("an answer came late, while another call was under way: two calls were charged", {
    generation_id: claim.id,
  });
  return DONE;
}

/** The record with its answer, where no other call is under way for it; otherwise null. */
function paintedBy(latest: Generation, claim: Submitting, answer: Answer): Painted | null {
  if (latest.state === "queued") return recoverAnswer(latest, answer, claim.turn);
  if (latest.state === "submitting" && latest.claim_id === claim.claim_id) return checkpoint(latest, answer);
  return null;
}

/** First that it was charged, then its picture: a crash in between costs the smaller truth. */
async function keepLate(
  ended: EndedGeneration,
  answer: AcceptedAnswer,
  dependencies: WorkerDependencies,
): Promise<Disposition> {
  await note(ended, answer, null, dependencies);
  if (ended.removed_at !== null) return DONE;
  const keptAs = await bestEffort(() => keepPicture(ended, answer, dependencies));
  if (typeof keptAs === "string") await note(ended, answer, keptAs, dependencies);
  else await bestEffort(() => dependencies.answers.keepAccepted({ ...ended, claim_id: "late" }, answer));
  return DONE;
}

async function note(
  ended: EndedGeneration,
  { requestId }: AcceptedAnswer,
  keptAs: string | null,
  { generations, images, now }: WorkerDependencies,
): Promise<void> {
  let latest: EndedGeneration = ended;
  for (let attempt = 0; attempt < MOST_WRITES; attempt++) {
    if (keptAs !== null && latest.removed_at !== null) return images.remove(ended.id);
    if (await generations.save(recordLateAnswer(latest, { now: now(), requestId, keptAs }))) return;
    const read = await generations.get(ended.id);
    if (read === null || isOpen(read)) return;
    latest = read;
  }
}

/** The key of the late picture; null where it could not be fetched. */
async function keepPicture(
  ended: EndedGeneration,
  { sourceUrl }: AcceptedAnswer,
  dependencies: WorkerDependencies,
): Promise<string | null> {
  const { download, images } = dependencies;
  const file = await download(sourceUrl);
  if (file.kind !== "downloaded" && file.kind !== "refused") return null;
  try {
    // A picture that the caller has already is not written over.
    return file.kind === "downloaded" && ended.state !== "succeeded"
      ? await withMarked(ended, file, dependencies, (marked) =>
          images.put(ended.id, marked, ended.request_hash),
        )
      : await images.keepUnverified(ended.id, file);
  } finally {
    await file.discard();
  }
}
