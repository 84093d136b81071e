import { ask, pause, Refusal, read, retryAfter } from "./api.ts";
import type { Generation, List } from "./types.ts";

/** Browsers open few connections to one host, and a key may ask so often a minute: the others wait in a line. */
const AT_ONCE = 3;
const WAIT_SECONDS = 20;
/** How often those in the line are looked at: with the long polls 40 requests a minute, of 60 that a key may make. */
const LOOK_MS = 4000;
/** Newer ones may have come by other ways. */
const NEWER = 8;

/** One that waits for its turn of being asked for. */
interface Waiting {
  readonly id: string;
  readonly told: (generation: Generation) => void;
  /** Ends its waiting: with a turn, or without, as it has ended meanwhile. */
  readonly settle: (turn: boolean) => void;
}

let running = 0;
let looking = false;
let line: Waiting[] = [];

export function isOpen({ status }: Generation): boolean {
  return status === "queued" || status === "running";
}

/** Tells of every change of a generation until it has ended, by long polls. It gives up when it is gone. */
export async function follow(
  id: string,
  told: (generation: Generation) => void,
  signal: AbortSignal,
): Promise<void> {
  if (!(await turn(id, told, signal))) return;
  try {
    let tag = "";
    while (!signal.aborted) {
      const began = performance.now();
      try {
        const headers = { Prefer: `wait=${WAIT_SECONDS}`, ...(tag !== "" && { "If-None-Match": tag }) };
        const answer = await ask(`generations/${id}`, { headers, signal });
        if (answer.status === 200) {
          tag = answer.headers.get("ETag") ?? "";
          const generation: Generation = await answer.json();
          told(generation);
          if (!isOpen(generation)) return;
        }
        // A poll that was not held must not become a storm.
        if (tag === "" || performance.now() - began < 1000)
          await pause(Math.min(retryAfter(answer), 5) * 1000, signal);
      } catch (error) {
        if (error instanceof Refusal && [401, 404].includes(error.status)) return;
        await pause(5000, signal);
      }
    }
  } finally {
    running -= 1;
    line[0]?.settle(true);
  }
}

/** Resolves to true at its turn; to false where it ends before that, or nobody wants to know any more. */
async function turn(id: string, told: Waiting["told"], signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return false;
  if (running < AT_ONCE) {
    running += 1;
    return true;
  }
  return new Promise((resolve) => {
    const waiting: Waiting = {
      id,
      told,
      settle(isTurn) {
        line = line.filter((each) => each !== waiting);
        if (isTurn) running += 1;
        resolve(isTurn);
      },
    };
    signal.addEventListener("abort", () => waiting.settle(false), { once: true });
    line.push(waiting);
    void lookAfterLine();
  });
}

/** Tells of those in the line too: of all that have begun or ended, by one list, and of each one's place in its turn. */
async function lookAfterLine(): Promise<void> {
  if (looking) return;
  looking = true;
  for (let round = 0; line.length > 0; round++) {
    await pause(LOOK_MS);
    const one = line[round % line.length];
    const limit = Math.min(100, line.length + AT_ONCE + NEWER);
    const [page, known] = await Promise.allSettled([
      read<List<Generation>>(`generations?limit=${limit}`),
      one === undefined ? null : read<Generation>(`generations/${one.id}`),
    ]);
    // A list does not know the queue: of what is queued it says less than is known.
    if (page.status === "fulfilled")
      for (const generation of page.value.data) if (generation.status !== "queued") tell(generation);
    if (known.status === "fulfilled" && known.value !== null) tell(known.value);
  }
  looking = false;
}

function tell(generation: Generation): void {
  const waiting = line.find(({ id }) => id === generation.id);
  if (waiting === undefined) return;
  waiting.told(generation);
  if (!isOpen(generation)) waiting.settle(false);
}
