import { setTimeout as wait } from "node:timers/promises";

/** Later than any moment, in epoch milliseconds. */
export const EVER = Date.parse("9999-01-01T00:00:00.000Z");

/** A moment (epoch milliseconds) in RFC 3339, UTC with milliseconds: texts of it compare as times do. */
export function timestamp(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}

/** Waits for so many milliseconds. */
export async function sleep(milliseconds: number): Promise<void> {
  await wait(milliseconds);
}

/** Does something every so many milliseconds, never twice at once. Answers how to stop: then the last time is over. */
export function every(milliseconds: number, act: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | null = null;
  const timer = setInterval(() => {
    running ??= act().finally(() => {
      running = null;
    });
  }, milliseconds);
  return async () => {
    clearInterval(timer);
    await running;
  };
}
