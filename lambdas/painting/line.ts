import { CorruptRecord } from "../generations/item.ts";
import {
  type Generation,
  type Lane,
  type Queued,
  type Submitting,
  timestamp,
} from "../generations/record.ts";
import { claim, expire } from "../generations/transitions.ts";
import { lanesInOrder } from "../pacing/pace.ts";
import type { Slot } from "../pacing/slots.ts";
import type { WorkerDependencies } from "./dependencies.ts";

/** How often a turn looks at the line anew when others were quicker at all whom it saw. */
const MOST_LOOKS = 3;
/** So many in line, and there may be more than were seen. */
const LEAST_CROWD = 10;

/** Tells whether a slot would be of use to anyone: the message's own generation, or another in line. */
export async function someoneWaits(own: Generation, dependencies: WorkerDependencies): Promise<boolean> {
  if (own.state === "queued") return true;
  const now = dependencies.now();
  const lanes = await Promise.all(
    lanesInOrder(1).map((lane) => dependencies.generations.inLine(lane, own.model, now)),
  );
  return lanes.some((ids) => ids.length > 0);
}

/**
 * Claims the generation that goes first at this slot, for the message that names `own`. The claim is in the
 * table before the provider is asked; null when there is nobody left to claim.
 */
export async function claimNext(
  own: Generation,
  slot: Slot,
  dependencies: WorkerDependencies,
): Promise<Submitting | null> {
  for (let look = 0; look < MOST_LOOKS; look++) {
    let seen = 0;
    for (const lane of lanesInOrder(slot.number)) {
      for (const id of await candidates(lane, own, dependencies)) {
        seen++;
        const claimed = await tryClaim(id, own, dependencies);
        if (claimed === "perhaps") return null;
        if (claimed !== null) return claimed;
      }
    }
    // The index shows the head of the line alone: where others were quicker at all of it, the next may be behind it.
    if (seen < LEAST_CROWD) return null;
  }
  return null;
}

/** Those in line, longest waiting first. The index may not know the message's own generation yet. */
async function candidates(lane: Lane, own: Generation, dependencies: WorkerDependencies): Promise<string[]> {
  const ids = await dependencies.generations.inLine(lane, own.model, dependencies.now());
  return own.lane === lane && !ids.includes(own.id) ? [...ids, own.id] : ids;
}

async function tryClaim(
  id: string,
  own: Generation,
  dependencies: WorkerDependencies,
): Promise<Submitting | "perhaps" | null> {
  const { generations, region } = dependencies;
  const candidate = await readOrQuarantine(id, dependencies);
  const now = dependencies.now();
  if (candidate === null || !isReady(candidate, now)) return null;
  if (candidate.deadline <= timestamp(now)) {
    await generations.save(expire(candidate, now));
    return null;
  }
  // The note comes first: a crash after the claim must lead this message back to what it claimed.
  if (id !== own.id) await generations.lendTurn(own, candidate);
  const claimed = claim(candidate, {
    now,
    leaseSeconds: dependencies.leaseSeconds,
    turn: own.id,
    region,
    // A model that is not offered any more is claimed too: submitting it ends it.
    price: dependencies.priceOf(candidate.model, candidate.input?.size ?? "") ?? candidate.price,
  });
  if (await generations.save(claimed)) return claimed;
  // Claimed for this message all the same, by another delivery of it: it has its turn.
  const latest = await readOrQuarantine(id, dependencies);
  return latest?.state === "submitting" && latest.turn === own.id ? "perhaps" : null;
}

/** An unreadable record leaves the line, so that it can't hold up those behind it. */
export async function readOrQuarantine(
  id: string,
  dependencies: WorkerDependencies,
): Promise<Generation | null> {
  try {
    return await dependencies.generations.get(id);
  } catch (error) {
    if (!(error instanceof CorruptRecord)) throw error;
    await dependencies.generations.quarantine(id);
    dependencies.signal("PoisonMessage", id);
    return null;
  }
}

function isReady(generation: Generation, now: number): generation is Queued {
  return generation.state === "queued" && generation.not_before <= timestamp(now);
}
