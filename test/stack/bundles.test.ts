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

/** A bundle as Lambda unpacks it. */
async function onDisk(name: string) {
  const folder = await mkdtemp(join(tmpdir(), "bundle-"));
  const { files } = await bundled(name);
  await Promise.all(files.map((file) => writeFile(join(folder, file.name), file.contents)));
  return {
    index: join(folder, "index.mjs"),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
}

test.each(Object.entries(LIMITS))("the %s is no larger than %i bytes", async (name, most) => {
  const { bytes } = await bundled(name);
  expect(bytes).toBeLessThanOrEqual(most);
});

test.each(Object.keys(LIMITS))("a stack trace of the %s names our sources", async (name) => {
  await using code = await onDisk(name);
  // Without its variables no function starts.
  const started = promisify(execFile)(process.execPath, [code.index], { env: {} });
  await expect(started).rejects.toMatchObject({
    stderr: expect.stringMatching(
      /[A-Z_]+ is not set\n +at \S+ \(lambdas\/platform\/environment\.ts:\d+:\d+\)\n +at .*lambdas\/\w+\//,
    ),
  });
});

test("and where packages stand between, with the very word that API Gateway waits for", async () => {
  await using code = await onDisk("authorizer");
  const call = `const { handler } = await import(${JSON.stringify(code.index)});
    await handler({ authorizationToken: "" }, {}).catch(({ stack }) => console.log(stack));`;
  const env = { TABLE_NAME: "table", AWS_REGION: "us-east-1" };
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", call], {
    env,
  });
  expect(stdout).toMatch(/^Error: Unauthorized\n +at lambdas\/api-keys\/authorize\.ts:\d+:\d+\n/m);
});

test.each(Object.keys(LIMITS))("the %s loads no undici: it does not import node:http", async (name) => {
  const { text } = await bundled(name);
  expect(text).not.toMatch(/from\s?"(node:)?http"/);
});
