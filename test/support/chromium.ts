import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { promisify } from "node:util";
import { type Browser, chromium } from "playwright-core";

/** Debian's own, which needs no download from anywhere else. */
const EXECUTABLE = "/usr/bin/chromium";

const run = promisify(execFile);

/**
 * Starts a headless Chromium. Where there is none it is installed: a test that needs a browser must not pass
 * without one.
 *
 * @throws Error that says what to install, where this process may not
 */
export async function startChromium(): Promise<Browser> {
  if (!existsSync(EXECUTABLE)) await install();
  return chromium.launch({
    executablePath: EXECUTABLE,
    args: [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}

async function install(): Promise<void> {
  const command = "apt-get update && apt-get install -y --no-install-recommends chromium";
  if (process.getuid?.() !== 0)
    throw new Error(`This test needs a browser at ${EXECUTABLE}. Install it as root: ${command}`);
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  try {
    await run("sh", ["-c", command], { env, maxBuffer: 64 * 1024 * 1024 });
  } catch (error) {
    throw new Error(`This test needs a browser at ${EXECUTABLE}, and this failed: ${command}`, {
      cause: error,
    });
  }
}
