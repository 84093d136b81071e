import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { messageOf } from "../../bin/failure.ts";
import { installAll } from "./installations.ts";
import { installSdks } from "./sdks/installations.ts";
import { installWorkerd } from "./workerd/installation.ts";

const given = process.argv.slice(2);

/** `npm run fidelity`: installs the other makers' implementations, then compares; `--install` does no more than that. Arguments go to vitest. */
try {
  const { signal } = new AbortController();
  await installAll(signal);
  await installSdks(signal);
  await installWorkerd(signal);
} catch (error) {
  console.error(messageOf(error));
  process.exit(1);
}
if (given.includes("--install")) process.exit();
const vitest = join(dirname(createRequire(import.meta.url).resolve("vitest/package.json")), "vitest.mjs");
const parameters = ["run", "--config", "vitest.fidelity.config.ts", ...given];
const { status } = spawnSync(process.execPath, [vitest, ...parameters], { stdio: "inherit" });
process.exitCode = status ?? 1;
