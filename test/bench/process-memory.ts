import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** What the processes that run in a folder hold (PSS: shared pages are divided among those who share them). */
export function memoryOf(directory: string): { readonly megabytes: number; readonly processes: number } {
  const sizes = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        if (!readlinkSync(`/proc/${pid}/cwd`).startsWith(directory)) return [];
        const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
        return Number(/^Pss:\s+(\d+) kB$/m.exec(rollup)?.[1] ?? 0) / 1024;
      } catch {
        return []; // It has ended meanwhile.
      }
    });
  return { megabytes: sizes.reduce((sum, size) => sum + size, 0), processes: sizes.length };
}
