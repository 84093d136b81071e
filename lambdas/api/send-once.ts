import { type Created, create, type Intent, plan } from "../entry/create.ts";
import { read } from "../entry/read.ts";
import { makeRoom } from "../entry/room.ts";
import { type Generation, isOpen } from "../generation/record.ts";
import type { Pointer } from "../store/resends.ts";
import type { ApiDependencies } from "./dependencies.ts";

/** One sending of a request: which request it is, and whether it is a repetition. */
interface Sending {
  /** Tells this request from any other: its sender, key and every byte. */
  readonly key: string;
  /** How many sendings of it the SDK says came before. */
  readonly retryCount: number;
}

/** How long after its start an ended generation is still the answer to a re-send. */
const REMEMBERED_MS = 15 * 60_000;
const MOST_TRIES = 12;

type Dependencies = Pick<
  ApiDependencies,
  | "generations"
  | "listing"
  | "mostOpenGenerations"
  | "now"
  | "pace"
  | "random"
  | "region"
  | "resends"
  | "sleep"
>;

/**
 * Starts a generation for a request, however often its SDK sends it: a re-send joins what the first send started.
 * They may arrive in any order: a re-send that is here first starts it, and the late first send joins. A first send
 * after another first send is a new wish, for a picture of its own. Where there is an idempotency key, it decides.
 */
export async function sendOnce(
  intent: Intent,
  sending: Sending,
  dependencies: Dependencies,
): Promise<Created> {
  if (intent.idempotencyKey !== null) {
    await makeRoom(intent, dependencies);
    return create(intent, dependencies);
  }
  for (let attempt = 0; attempt < MOST_TRIES; attempt++) {
    const sent =
      sending.retryCount === 0
        ? await firstSend(intent, sending.key, dependencies)
        : await reSend(intent, sending.key, dependencies);
    if (sent !== null) return sent;
    await dependencies.sleep(dependencies.random() * 40 * (attempt + 1));
  }
  throw new Error("the pointer of a re-sent request is contended");
}

/** Null where another sending was quicker, and the state must be looked at again. */
async function firstSend(intent: Intent, key: string, dependencies: Dependencies): Promise<Created | null> {
  await makeRoom(intent, dependencies);
  const planned = plan(intent, dependencies);
  if (await dependencies.resends.startFirst(key, planned)) return { generation: planned, replayed: false };
  const pointer = await dependencies.resends.find(key);
  if (pointer === null || !pointer.byResend) return null;
  const started = await read(pointer.generationId, dependencies);
  // Settled, the next first send is a new wish again.
  const settled = await dependencies.resends.settle(key, pointer);
  return settled && started !== null ? { generation: started, replayed: true } : null;
}

/** Null where another sending was quicker. */
async function reSend(intent: Intent, key: string, dependencies: Dependencies): Promise<Created | null> {
  const pointer = await dependencies.resends.find(key);
  const joined = pointer === null ? null : await remembered(pointer, dependencies);
  if (joined !== null) return { generation: joined, replayed: true };
  await makeRoom(intent, dependencies);
  const planned = plan(intent, dependencies);
  const started = await dependencies.resends.startResent(key, planned, pointer);
  return started ? { generation: planned, replayed: false } : null;
}

/** What a pointer names, as long as a re-send can mean it: while it is open, and for a while after its start. */
async function remembered(pointer: Pointer, dependencies: Dependencies): Promise<Generation | null> {
  const generation = await read(pointer.generationId, dependencies);
  if (generation === null) return null;
  return isOpen(generation) || dependencies.now() - pointer.writtenAt < REMEMBERED_MS ? generation : null;
}
