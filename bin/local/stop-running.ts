import { rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { tidyKeptState } from "./kept-state.ts";
import { isRunning, stopProcess } from "./processes.ts";
import { type Running, readRunning, removeRunning } from "./running-file.ts";
import { removeStackFile } from "./stack-file.ts";

/** How long a launcher has to end what it started. */
const PATIENCE_MILLISECONDS = 20_000;

/** What runs for a folder, if its launcher lives, or all of what one has left in the background does. */
export function whoRuns(directory: string): Running | undefined {
  const running = readRunning(directory);
  if (running === undefined) return undefined;
  const lives = running.launcher === null ? running.processes.every(isRunning) : isRunning(running.launcher);
  return lives ? running : undefined;
}

/** Ends what runs for a folder, or is left of it; false when there was nothing. */
export async function stopRunning(directory: string): Promise<boolean> {
  const running = readRunning(directory);
  const { launcher, processes } = running ?? { launcher: null, processes: [] };
  const living = [...processes, ...(launcher === null ? [] : [launcher])].filter(isRunning);
  if (launcher !== null && isRunning(launcher)) {
    process.kill(launcher.pid, "SIGTERM");
    const patience = performance.now() + PATIENCE_MILLISECONDS;
    while (isRunning(launcher) && performance.now() < patience) await delay(50);
  }
  await Promise.all(processes.map(stopProcess));
  rmSync(join(directory, "tmp"), { recursive: true, force: true, maxRetries: 5 });
  tidyKeptState(directory);
  removeStackFile(directory);
  removeRunning(directory);
  return living.length > 0 || (running?.launcher === null && processes.length === 0);
}
