import { setTimeout as wait } from "node:timers/promises";

/** A moment (epoch milliseconds) in RFC 3339, UTC with milliseconds: texts of it compare as times do. */
export function timestamp(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}

/** Waits for so many milliseconds. */
export async function sleep(milliseconds: number): Promise<void> {
  await wait(milliseconds);
}
