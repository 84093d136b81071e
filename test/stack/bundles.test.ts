import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { bundled } from "./bundled.ts";

/**
 * The most that a function's code may weigh, in bytes: what is read and compiled at every cold start. S3's client is
 * 107,000 of it where it is used at once, zod 82,000.
 */
const LIMITS = {
  authorizer: 222_000,
  reconciler: 466_000,
  expander: 535_000,
  relay: 388_000,
  task: 386_000,
  worker: 539_000,
  api: 500_000,
};

test.each(Object.entries(LIMITS))("the %s is no larger than %i bytes", async (name, most) => {
  const { bytes } = await bundled(name);
  expect(bytes).toBeLessThanOrEqual(most);
});

test.each(Object.keys(LIMITS))("a stack trace of the %s names our sources", async (name) => {
  const folder = await mkdtemp(join(tmpdir(), "bundle-"));
  const { files } = await bundled(name);
  await Promise.all(files.map((file) => writeFile(join(folder, file.name), file.contents)));
  // Without its variables no function starts.
  const started = promisify(execFile)(process.execPath, [join(folder, "index.mjs")], { env: {} });
  await expect(started).rejects.toMatchObject({
    stderr: expect.stringMatching(
      /[A-Z_]+ is not set\n +at \w+ \(lambdas\/platform\/environment\.ts:\d+:\d+\)\n +at .*lambdas\/\w+\//,
    ),
  });
  await rm(folder, { recursive: true });
});

test.each(Object.keys(LIMITS))("the %s loads no undici: it does not import node:http", async (name) => {
  const { text } = await bundled(name);
  expect(text).not.toMatch(/from\s?"(node:)?http"/);
});
