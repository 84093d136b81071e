import { setTimeout } from "node:timers/promises";
import { type Created, type CreateNeeds, create, type Intent, plan } from "../generations/create.ts";
import { makeRoom, type RoomNeeds } from "../generations/open-limit.ts";
import { type ReadNeeds, read } from "../generations/read.ts";
import { type Generation, isOpen } from "../generations/record.ts";
import { idForKey } from "../platform/ids.ts";
import { Contended } from "../platform/problems.ts";
import { type InTimeNeeds, refuseIfLate } from "./in-time.ts";
import {
  isForgotten,
  missingFirst,
  type Send,
  toJoin,
  withDelivered,
  withFirst,
  withJoined,
  withStarted,
} from "./ledger.ts";
import type { ResendStore, Sent } from "./ledger-table.ts";

/** One sending of a request: which request it is, and whether it is a repetition. */
interface Sending extends Send {
  /** Tells this request from any other: its sender, key and every byte. */
  readonly key: string;
}

const MOST_TRIES = 16;
/** What the answer's way back can spare. */
const LONGEST_NOTE_MS = 500;

/** What noting an answer takes. */
interface NoteNeeds {
  readonly resends: ResendStore;
  readonly now: () => number;
  readonly random: () => number;
  readonly sleep: (milliseconds: number) => Promise<void>;
}

/** What sending once takes. */
export type SendNeeds = CreateNeeds & RoomNeeds & ReadNeeds & NoteNeeds & InTimeNeeds;

/**
 * Starts a generation for a request, however often its SDK sends it: a re-send joins what a first send started, and
 * of several identical wishes one that nobody else waits for. They may arrive in any order: a re-send that is here
 * first starts it, and the late first send joins. A first send after another first send is a new wish, for a picture
 * of its own. Where there is an idempotency key, it decides.
 *
 * @throws NotInTime where a new generation could not start while its SDK still asks for it
 */
export async function sendOnce(intent: Intent, sending: Sending, dependencies: SendNeeds): Promise<Created> {
  if (intent.idempotencyKey !== null) {
    await makeRoom(intent, dependencies);
    if ((await dependencies.generations.get(idForKey(intent.owner, intent.idempotencyKey))) === null)
      await refuseIfLate(plan(intent, dependencies), dependencies);
    return create(intent, dependencies);
  }
  for (let attempt = 0; attempt < MOST_TRIES; attempt++) {
    const seen = await dependencies.resends.find(sending.key);
    const send = sending.retryCount === 0 ? firstSend : reSend;
    const sent = await send(intent, sending, seen, dependencies);
    if (sent !== null) return sent;
    await pause(attempt, dependencies);
  }
  throw new Contended();
}

/** A first send is a new wish, unless a re-send of it was here before. Null where another sending was quicker. */
async function firstSend(
  intent: Intent,
  sending: Sending,
  seen: Sent,
  dependencies: SendNeeds,
): Promise<Created | null> {
  const wish = missingFirst(seen.wishes, dependencies.now());
  if (wish === null) return start(intent, sending, seen, dependencies);
  const generation = await read(wish.generation_id, dependencies);
  const saved = await dependencies.resends.save(sending.key, withFirst(seen.wishes, wish), seen);
  return saved && generation !== null ? { generation, replayed: true } : null;
}

/** Null where another sending was quicker. */
async function reSend(
  intent: Intent,
  sending: Sending,
  seen: Sent,
  dependencies: SendNeeds,
): Promise<Created | null> {
  const now = dependencies.now();
  let { wishes } = seen;
  for (;;) {
    const wish = toJoin(wishes, sending.retryCount, now);
    if (wish === null) return start(intent, sending, { ...seen, wishes }, dependencies);
    const generation = await read(wish.generation_id, dependencies);
    if (generation !== null && (isOpen(generation) || !isForgotten(wish, now))) {
      const joined = withJoined(wishes, wish, sending);
      const saved = await dependencies.resends.save(sending.key, joined, seen);
      return saved ? { generation, replayed: true } : null;
    }
    wishes = wishes.filter((each) => each !== wish);
  }
}

/** Null where another sending was quicker. */
async function start(
  intent: Intent,
  sending: Sending,
  seen: Sent,
  dependencies: SendNeeds,
): Promise<Created | null> {
  await makeRoom(intent, dependencies);
  const planned = plan(intent, dependencies);
  await refuseIfLate(planned, dependencies);
  const wishes = withStarted(seen.wishes, planned.id, sending, dependencies.now());
  const saved = await dependencies.resends.save(sending.key, wishes, seen, planned);
  return saved ? { generation: planned, replayed: false } : null;
}

/**
 * Notes that a generation's end is about to be answered, so that no later wish gets an old picture. The answer neither
 * depends on it nor waits long: without the note, at worst a later re-send of the same request joins this generation.
 */
export async function noteDelivered(
  generation: Generation,
  key: string,
  dependencies: NoteNeeds,
): Promise<void> {
  const noted = note(generation.id, key, dependencies).catch(() => {});
  await Promise.race([noted, setTimeout(LONGEST_NOTE_MS, undefined, { ref: false })]);
}

async function note(id: string, key: string, dependencies: NoteNeeds): Promise<void> {
  for (let attempt = 0; attempt < MOST_TRIES; attempt++) {
    const seen = await dependencies.resends.find(key);
    const wishes = withDelivered(seen.wishes, id, dependencies.now());
    if (wishes === null || (await dependencies.resends.save(key, wishes, seen))) return;
    await pause(attempt, dependencies);
  }
}

/** Lets those who write at the same moment pass each other. */
function pause(attempt: number, { random, sleep }: Pick<NoteNeeds, "random" | "sleep">): Promise<void> {
  return sleep(random() * 40 * (attempt + 1));
}
