import { setTimeout } from "node:timers/promises";
import { type Created, type CreateNeeds, create, type Intent, plan } from "../generations/create.ts";
import { type OpenLimitNeeds, requireOpenLimit } from "../generations/open-limit.ts";
import { type ReadNeeds, read } from "../generations/read.ts";
import { type Generation, isOpen } from "../generations/record.ts";
import { idForKey } from "../platform/ids.ts";
import { Contended } from "../platform/service-error.ts";
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
import type { LedgerStore, Sent } from "./ledger-table.ts";

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
  readonly ledger: LedgerStore;
  readonly now: () => number;
  readonly random: () => number;
  readonly sleep: (milliseconds: number) => Promise<void>;
}

/** What sending once takes. */
export type SendNeeds = CreateNeeds & OpenLimitNeeds & ReadNeeds & NoteNeeds & InTimeNeeds;

/**
 * Starts one generation for a request, however often its SDK sends it: a re-send joins what its first send started.
 * Of several identical requests it joins one that no other sender waits for. A re-send that arrives before its first
 * send starts the generation, and the first send joins it. A first send after another first send is a new request,
 * for a picture of its own. Where there is an idempotency key, the key decides.
 *
 * @throws NotInTime where a new generation could not start while its SDK still asks for it
 */
export async function sendOnce(intent: Intent, sending: Sending, dependencies: SendNeeds): Promise<Created> {
  if (intent.idempotencyKey !== null) {
    const placed = { ...intent, ...(await requireOpenLimit(intent, dependencies)) };
    if ((await dependencies.generations.get(idForKey(intent.owner, intent.idempotencyKey))) === null)
      await refuseIfLate(plan(placed, dependencies), dependencies);
    return create(placed, dependencies);
  }
  for (let attempt = 0; attempt < MOST_TRIES; attempt++) {
    const seen = await dependencies.ledger.find(sending.key);
    const send = sending.retryCount === 0 ? firstSend : reSend;
    const sent = await send(intent, sending, seen, dependencies);
    if (sent !== null) return sent;
    await pause(attempt, dependencies);
  }
  throw new Contended();
}

/** A first send starts an entry, unless a re-send of it has come before. Null where another write came first. */
async function firstSend(
  intent: Intent,
  sending: Sending,
  seen: Sent,
  dependencies: SendNeeds,
): Promise<Created | null> {
  const entry = missingFirst(seen.entries, dependencies.now());
  if (entry === null) return start(intent, sending, seen, dependencies);
  const generation = await read(entry.generation_id, dependencies);
  const saved = await dependencies.ledger.save(sending.key, withFirst(seen.entries, entry), seen);
  return saved && generation !== null ? { generation, replayed: true } : null;
}

/** Null where another write came first. */
async function reSend(
  intent: Intent,
  sending: Sending,
  seen: Sent,
  dependencies: SendNeeds,
): Promise<Created | null> {
  const now = dependencies.now();
  let { entries } = seen;
  for (;;) {
    const entry = toJoin(entries, sending.retryCount, now);
    if (entry === null) return start(intent, sending, { ...seen, entries }, dependencies);
    const generation = await read(entry.generation_id, dependencies);
    if (generation !== null && (isOpen(generation) || !isForgotten(entry, now))) {
      const joined = withJoined(entries, entry, sending);
      const saved = await dependencies.ledger.save(sending.key, joined, seen);
      return saved ? { generation, replayed: true } : null;
    }
    entries = entries.filter((each) => each !== entry);
  }
}

/** Null where another write came first. */
async function start(
  intent: Intent,
  sending: Sending,
  seen: Sent,
  dependencies: SendNeeds,
): Promise<Created | null> {
  const standing = await requireOpenLimit(intent, dependencies);
  const planned = plan({ ...intent, ...standing }, dependencies);
  await refuseIfLate(planned, dependencies);
  const entries = withStarted(seen.entries, planned.id, sending, dependencies.now());
  const saved = await dependencies.ledger.save(sending.key, entries, seen, planned);
  return saved ? { generation: planned, replayed: false } : null;
}

/**
 * Notes that a generation's end is about to be answered, so that no later request gets an old picture. The answer neither
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
    const seen = await dependencies.ledger.find(key);
    const entries = withDelivered(seen.entries, id, dependencies.now());
    if (entries === null || (await dependencies.ledger.save(key, entries, seen))) return;
    await pause(attempt, dependencies);
  }
}

/** Lets those who write at the same moment pass each other. */
function pause(attempt: number, { random, sleep }: Pick<NoteNeeds, "random" | "sleep">): Promise<void> {
  return sleep(random() * 40 * (attempt + 1));
}
