import { setTimeout as sleep } from "node:timers/promises";
import type { BenchCloud } from "./cloud.ts";
import { memoryOf } from "./process-memory.ts";

/** What callers were answered who all wait at once. */
export interface Burst {
  /** How many got each status. */
  readonly statuses: ReadonlyMap<number, number>;
  readonly seconds: number;
  /** The most that the service's processes held meanwhile, in megabytes. */
  readonly megabytes: number;
  readonly processes: number;
  /** What the first of those was told whom the service failed; null where it failed nobody. */
  readonly failure: string | null;
}

/** So many callers create at once, and wait as long as the service lets them. */
export async function burst(
  cloud: BenchCloud,
  callers: number,
  ask: (caller: number) => Promise<Response>,
): Promise<Burst> {
  const began = Date.now();
  let most = { megabytes: 0, processes: 0 };
  let isOver = false;
  let failure: string | null = null;
  const watching = (async () => {
    while (!isOver) {
      const now = memoryOf(cloud.directory);
      if (now.megabytes > most.megabytes) most = now;
      await sleep(1000);
    }
  })();
  const answers = await Promise.all(
    Array.from({ length: callers }, async (_, caller) => {
      const response = await ask(caller);
      const body = await response.text();
      if (response.status >= 500)
        failure ??= `${((Date.now() - began) / 1000).toFixed(0)} s: ${body.slice(0, 120)}`;
      return response.status;
    }),
  );
  isOver = true;
  await watching;
  const statuses = new Map<number, number>();
  for (const status of answers) statuses.set(status, (statuses.get(status) ?? 0) + 1);
  return { statuses, seconds: (Date.now() - began) / 1000, ...most, failure };
}

/** In words: 19 × 201, 41 × 202. */
export function statusesInWords(statuses: ReadonlyMap<number, number>): string {
  return [...statuses]
    .sort(([a], [b]) => a - b)
    .map(([status, count]) => `${count} × ${status}`)
    .join(", ");
}
