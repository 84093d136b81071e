import { chmodSync, lstatSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";

/** What nobody but the owner may do. */
const OTHERS = 0o077;

/** Makes a folder if there is none, and it and what is below it the owner's alone. */
export function makePrivate(directory: string): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  chmodSync(directory, 0o700);
  for (const name of readdirSync(directory)) {
    const path = join(directory, name);
    const stats = lstatSync(path);
    // Nobody else gets below a closed folder; an installation has thousands of files.
    const closed = (stats.mode & OTHERS) === 0;
    // Installers link files from a cache: those have other names elsewhere, where their modes matter.
    const elsewhere = stats.isSymbolicLink() || (stats.isFile() && stats.nlink > 1);
    if (closed || elsewhere) continue;
    if (stats.isDirectory()) makePrivate(path);
    else chmodSync(path, stats.mode & 0o700);
  }
}

/** Does something, such as starting a process, whose files will be the owner's alone. */
export function privately<Result>(action: () => Result): Result {
  const before = process.umask(OTHERS);
  try {
    return action();
  } finally {
    process.umask(before);
  }
}
