import { cpSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { home, installOnce, run } from "../installations.ts";

/** Cloudflare's runtime of Workers, and what starts it: 174 MB, by the lock file beside this. */
export const miniflare = join(home, "miniflare-4.20260730.0");

export function installWorkerd(signal: AbortSignal): Promise<void> {
  return installOnce(miniflare, async (draft) => {
    for (const name of ["package.json", "package-lock.json"])
      cpSync(fileURLToPath(new URL(name, import.meta.url)), join(draft, name));
    await run("npm", ["ci", "--prefix", draft, "--no-fund", "--no-audit"], signal);
  });
}
