import { ask, pause, Refusal, retryAfter } from "./api.ts";
import type { Generation } from "./types.ts";

/** Browsers open few connections to one host, and a key may ask so often a minute: the others wait their turn. */
const AT_ONCE = 3;
const WAIT_SECONDS = 20;

let running = 0;
const line: (() => void)[] = [];

export function isOpen({ status }: Generation): boolean {
  return status === "queued" || status === "running";
}

/** Tells of every change of a generation until it has ended, by long polls. It gives up when it is gone. */
export async function follow(
  id: string,
  told: (generation: Generation) => void,
  signal: AbortSignal,
): Promise<void> {
  await turn();
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
    line.shift()?.();
  }
}

async function turn(): Promise<void> {
  if (running >= AT_ONCE) await new Promise<void>((resolve) => line.push(resolve));
  running += 1;
}
