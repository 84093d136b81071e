import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { type ProcessRecord, processRecordSchema } from "./processes.ts";

const schema = z.object({
  /** Who watches over the others; null when they were left in the background. */
  launcher: processRecordSchema.nullable(),
  processes: z.array(processRecordSchema),
  api_url: z.string().nullable(),
});

/** What runs for a folder: enough for another process to end it. */
export type Running = z.infer<typeof schema>;

const pathIn = (directory: string): string => join(directory, "running.json");

/** What runs, or once ran, for a folder; undefined when nothing was written, or nothing legible. */
export function readRunning(directory: string): Running | undefined {
  const path = pathIn(directory);
  if (!existsSync(path)) return undefined;
  try {
    return schema.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch {
    return undefined;
  }
}

/** Takes the folder for a launcher; false when somebody was quicker. */
export function takeDirectory(directory: string, launcher: ProcessRecord): boolean {
  const running: Running = { launcher, processes: [], api_url: null };
  try {
    writeFileSync(pathIn(directory), `${JSON.stringify(running)}\n`, { flag: "wx", mode: 0o600 });
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  }
}

export function writeRunning(directory: string, running: Running): void {
  writeFileSync(pathIn(directory), `${JSON.stringify(running, null, 2)}\n`, { mode: 0o600 });
}

export function removeRunning(directory: string): void {
  rmSync(pathIn(directory), { force: true });
}
