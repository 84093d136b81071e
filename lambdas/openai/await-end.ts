import { hasEnded, readUntil, type WaitNeeds } from "../generations/read.ts";
import type { Generation } from "../generations/record.ts";
import {
  type InTimeNeeds,
  isToldOfPause,
  lateness,
  latenessOfNew,
  type NotInTime,
  withdraw,
} from "./in-time.ts";

/** How it stands when its request is answered; `late` where that is all there will be, as it was canceled for it. */
interface Awaited {
  readonly latest: Generation;
  readonly late: NotInTime | null;
}

/** Requests that were accepted in the same moment did not see each other in the queue. By then they do. */
const SEEN_BY_OTHERS_MS = 2_000;

/**
 * Waits for the end of a generation until a time (epoch milliseconds). One that is still queued and cannot come while
 * its SDK asks for it is canceled: soon after it was accepted where it `isNew`, else at the end of the wait.
 */
export async function awaitEnd(
  generation: Generation,
  { until, isNew }: { readonly until: number; readonly isNew: boolean },
  dependencies: WaitNeeds & InTimeNeeds,
): Promise<Awaited> {
  const { version } = generation;
  const isEnough = (each: Generation) => hasEnded(each) || (each.version > version && isToldOfPause(each));
  let latest = generation;
  if (isNew) {
    const seen = Math.min(until, dependencies.now() + SEEN_BY_OTHERS_MS);
    latest = await readUntil(latest, isEnough, seen, dependencies);
    const early = await withdrawIf(latenessOfNew, latest, dependencies);
    if (early.late !== null) return early;
    latest = early.latest;
  }
  latest = await readUntil(latest, isEnough, until, dependencies);
  return withdrawIf(lateness, latest, dependencies);
}

async function withdrawIf(
  reasonOf: typeof lateness,
  latest: Generation,
  dependencies: InTimeNeeds,
): Promise<Awaited> {
  if (latest.state !== "queued") return { latest, late: null };
  const reason = await reasonOf(latest, dependencies);
  if (reason === null) return { latest, late: null };
  const withdrawn = await withdraw(latest, dependencies);
  // A worker may have been quicker: then it is painted.
  return { latest: withdrawn, late: withdrawn.state === "canceled" ? reason : null };
}
