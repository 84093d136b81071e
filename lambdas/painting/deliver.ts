import type { Generation } from "../generations/record.ts";
import { expire, isOverdue, loseAnswer } from "../generations/transitions.ts";
import type { Pacer } from "../pacing/limiter.ts";
import { retryDelay } from "../pacing/pace.ts";
import type { Slot } from "../pacing/slots.ts";
import { back, type Disposition, DONE, type WorkerDependencies } from "./dependencies.ts";
import { fetchImage } from "./fetch-image.ts";
import { claimNext, readOrQuarantine, someoneWaits } from "./line.ts";
import { submit } from "./submit.ts";

/** Messages come back this part of the slot wait before their appointment: SQS counts in seconds. */
const EARLY = 0.6;
/** How long after the end of a lease a message looks again, in parts of it: clocks differ, and a table can be slow. */
const LEASE_MARGIN = 0.2;
const MOST_VOIDED_SLOTS = 3;
/** Slots are taken this part of the slot wait ahead: the rest is for those that late calls move. */
const NEAR = 0.8;
/** Choosing and claiming begin this long before the slot, so that the call itself leaves at its moment. */
const LONGEST_PREPARATION_MS = 1000;
const SHORTEST_PREPARATION_MS = 300;

/**
 * Handles one delivery of the message that names generation `id`, however often it is delivered.
 *
 * A message is a turn. It first finishes what it began before a crash; then it takes a slot from the pacer
 * and gives it to whoever is first in line, which need not be the generation it names. So the line is always
 * in order, a canceled generation leaves no idle slot behind, and interactive work never waits for a backlog.
 *
 * @throws whatever the stores throw; the message then comes back and nothing is lost
 */
export async function deliver(id: string, dependencies: WorkerDependencies): Promise<Disposition> {
  const own = await dependencies.generations.get(id);
  if (own === null) return DONE;
  return (
    (await finishBegun(own, dependencies)) ?? (await takeTurn(await current(own, dependencies), dependencies))
  );
}

/** What this message began and did not finish: its own generation, or the one it lent its turn to. */
async function finishBegun(own: Generation, dependencies: WorkerDependencies): Promise<Disposition | null> {
  const lent = own.turn_for === null ? null : await readOrQuarantine(own.turn_for, dependencies);
  for (const begun of [own, lent]) {
    if (begun?.state === "painted" && begun.turn === own.id) return fetchImage(begun, dependencies);
    if (begun?.state === "submitting" && begun.turn === own.id) {
      const leaseEnd = Date.parse(begun.lease_until) + dependencies.leaseSeconds * 1000 * LEASE_MARGIN;
      if (leaseEnd > dependencies.now()) return back(leaseEnd);
      const now = dependencies.now();
      const detail = "The service lost the provider's answer; whether the image was charged is not known.";
      const notBefore =
        now + retryDelay(begun.attempts, dependencies.pacerOf(begun.model).pace, dependencies.random);
      const next = loseAnswer(begun, { now, notBefore, detail });
      if (!(await dependencies.generations.save(next))) continue;
      dependencies.signal("OutcomeUnknown", begun.id);
      // The message that lost it is the one that has to try again: its own may be used up.
      if (next.state === "queued") return back(notBefore);
    }
  }
  return null;
}

async function takeTurn(own: Generation, dependencies: WorkerDependencies): Promise<Disposition> {
  const { generations, now } = dependencies;
  if (own.state === "queued" && Date.parse(own.not_before) > now())
    return comeBack(own, Date.parse(own.not_before));

  const early = dependencies.slotWaitMs * EARLY;
  const appointment = own.appointment_at === null ? 0 : Date.parse(own.appointment_at) - early;
  if (appointment > now()) return comeBack(own, appointment);

  if (!(await someoneWaits(own, dependencies))) return DONE;
  // Before the slot and the claim: a failing Secrets Manager must cost neither.
  const apiKey = await dependencies.providerKey.get();
  const turn = await slotOrAppointment(own, dependencies);
  if (turn.kind === "appointment") {
    await generations.appoint(own, turn.at);
    return comeBack(own, turn.at - early);
  }
  // A probe finds out about the key that is in the secret now, not about the one that was refused.
  const key = turn.probe ? await dependencies.providerKey.get({ fresh: true }) : apiKey;
  const claimed = await claimNext(own, turn, dependencies);
  if (claimed !== null) return submit(claimed, turn, key, dependencies);
  const after = await current(own, dependencies);
  if (after.state === "queued") return back(Math.max(now(), Date.parse(after.not_before)));
  // A claim whose answer was lost on the way is a claim all the same.
  const begun = await finishBegun(after, dependencies);
  if (begun !== null) return begun;
  // The line shows its head alone. Where others were quicker at all of it, whoever is behind still needs this turn.
  return (await someoneWaits(after, dependencies)) ? back(now()) : DONE;
}

/** Waits for a slot that is near; one that a throttle or a pause has voided meanwhile is asked for again. */
async function slotOrAppointment(
  own: Generation,
  dependencies: WorkerDependencies,
): Promise<Slot | { kind: "appointment"; at: number }> {
  const pacer = dependencies.pacerOf(own.model);
  for (let voided = 0; voided < MOST_VOIDED_SLOTS; voided++) {
    const turn = await pacer.take(dependencies.slotWaitMs * NEAR);
    if (turn.kind === "appointment") return turn;
    const slot = await untilNear(turn, pacer, dependencies);
    if (slot !== null) return slot;
  }
  return { kind: "appointment", at: dependencies.now() + pacer.pace.interval };
}

/** Waits for a slot, wherever the line moves it meanwhile; null where it is voided, or moves too far away. */
async function untilNear(slot: Slot, pacer: Pacer, dependencies: WorkerDependencies): Promise<Slot | null> {
  const { now, sleep, slotWaitMs } = dependencies;
  const patience = now() + slotWaitMs;
  const preparation = Math.min(
    LONGEST_PREPARATION_MS,
    Math.max(SHORTEST_PREPARATION_MS, pacer.pace.interval),
  );
  for (let awaited = slot; ; ) {
    const wait = awaited.at - preparation - now();
    if (wait > 0) await sleep(wait);
    const confirmed = await pacer.confirm(awaited);
    if (confirmed === null || confirmed.at > patience) return null;
    if (confirmed.at - awaited.at < preparation) return confirmed;
    awaited = confirmed;
  }
}

/** Comes back at a time, or at the deadline of what it names, so that it expires when it should. */
function comeBack(own: Generation, at: number): Disposition {
  return back(own.state === "queued" ? Math.min(at, Date.parse(own.deadline) + 1) : at);
}

/** The generation as it is now; ended first, if its deadline has passed. */
async function current<Known extends Generation>(
  known: Known,
  dependencies: WorkerDependencies,
): Promise<Generation> {
  const generation = (await dependencies.generations.get(known.id)) ?? known;
  if (!isOverdue(generation, dependencies.now())) return generation;
  const ended = expire(generation, dependencies.now());
  return (await dependencies.generations.save(ended)) ? ended : current(known, dependencies);
}
