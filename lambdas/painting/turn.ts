import { expireIfOverdue, read } from "../generations/read.ts";
import type { Generation } from "../generations/record.ts";
import { claimNext } from "./claim.ts";
import { back, type Disposition, DONE, type WorkerDependencies } from "./dependencies.ts";
import { type Found, findPicture } from "./find-picture.ts";
import { finishBegun } from "./finish-begun.ts";
import { whenOfUse } from "./queue-order.ts";
import { slotOrAppointment } from "./slot.ts";
import { submit } from "./submit.ts";

/** Messages come back this part of the slot wait before their appointment: SQS counts in seconds. */
const EARLY = 0.6;

/**
 * Handles one delivery of the message that names generation `id`, however often it is delivered.
 *
 * A message is a turn. It first finishes what it began before a crash; then it takes a slot from the pacer and gives
 * it to the generation that is first in the queue, which need not be the one it names. So generations are painted in
 * order, a canceled one leaves no idle slot behind, and interactive work never waits for a backlog.
 *
 * @throws what the stores throw; the message then comes back and nothing is lost
 */
export async function deliver(id: string, dependencies: WorkerDependencies): Promise<Disposition> {
  const own = await dependencies.generations.get(id);
  if (own === null) return DONE;
  const begun = await finishBegun(own, dependencies);
  if (begun !== null) return begun;
  // Only a lost answer changes it on the way here; whatever else does is seen by the version check of the next write.
  const now = own.state === "submitting" ? latest(own, dependencies) : expireIfOverdue(own, dependencies);
  return takeTurn((await now) ?? own, dependencies);
}

async function takeTurn(own: Generation, dependencies: WorkerDependencies): Promise<Disposition> {
  const { generations, now, slotWaitMs, providerKey } = dependencies;
  if (own.state === "queued" && Date.parse(own.not_before) > now())
    return comeBack(own, Date.parse(own.not_before));
  const early = slotWaitMs * EARLY;
  const appointment = own.appointment_at === null ? 0 : Date.parse(own.appointment_at) - early;
  if (appointment > now()) return comeBack(own, appointment);
  const useful = await whenOfUse(own, dependencies);
  if (useful === null) return DONE;
  if (useful > now()) return back(useful);

  // Before the slot and the claim: a failing Secrets Manager must cost neither.
  const cachedKey = await providerKey.get();
  // The bucket is asked while the slot is waited for: what it says holds as long as the record is not written.
  let looking: Promise<Found> | undefined;
  const slot = await slotOrAppointment(own.model, dependencies, () => {
    looking ??= findPicture(own, dependencies);
  });
  if (slot.kind === "appointment") {
    await generations.appoint(own, slot.at);
    return comeBack(own, slot.at - early);
  }
  // A probe finds out about the key that is in the secret now, not about the one that was refused.
  const apiKey = slot.probe ? await providerKey.get({ fresh: true }) : cachedKey;
  const claimed = await claimNext(own, slot, dependencies);
  if (claimed === null) return afterNoClaim(await latest(own, dependencies), dependencies);
  const known = claimed.version === own.version + 1 && claimed.id === own.id ? looking : undefined;
  return submit(
    claimed,
    { slot, apiKey, looking: known ?? findPicture(claimed, dependencies) },
    dependencies,
  );
}

/** What becomes of a turn that found nothing to claim. */
async function afterNoClaim(own: Generation, dependencies: WorkerDependencies): Promise<Disposition> {
  const { now } = dependencies;
  if (own.state === "queued") return back(Math.max(now(), Date.parse(own.not_before)));
  // A claim whose answer was lost on the way is a claim all the same.
  const begun = await finishBegun(own, dependencies);
  if (begun !== null) return begun;
  // The index shows the head of the queue only. If others have claimed all of it, those behind still need this turn.
  const useful = await whenOfUse(own, dependencies);
  return useful === null ? DONE : back(useful);
}

/** Comes back at a time, or at the deadline of what it names, so that it expires when it should. */
function comeBack(own: Generation, at: number): Disposition {
  return back(own.state === "queued" ? Math.min(at, Date.parse(own.deadline) + 1) : at);
}

/** The generation as it is now; ended first, if its deadline has passed. */
async function latest(known: Generation, dependencies: WorkerDependencies): Promise<Generation> {
  return (await read(known.id, dependencies)) ?? known;
}
