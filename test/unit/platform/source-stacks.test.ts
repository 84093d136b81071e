import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { transform } from "esbuild";
import { afterAll, beforeAll, expect, test } from "vitest";

const SOURCE = `// A comment, which the code has not.
export function fail(message: string): never {
  throw new Error(message);
}
`;

let before: typeof Error.prepareStackTrace;
let folder: string;

beforeAll(async () => {
  before = Error.prepareStackTrace;
  folder = await mkdtemp(join(tmpdir(), "stacks-"));
  await import("../../../lambdas/platform/source-stacks.ts");
});
afterAll(async () => {
  Error.prepareStackTrace = before;
  await rm(folder, { recursive: true });
});

async function stackOf(name: string, map?: string): Promise<string> {
  const made = await transform(SOURCE, {
    loader: "ts",
    minify: true,
    sourcemap: "external",
    sourcefile: "../lambdas/a-room/fail.ts",
  });
  const file = join(folder, `${name}.mjs`);
  await writeFile(file, made.code);
  if (map !== "none") await writeFile(`${file}.map`, map ?? made.map);
  const column = made.code.indexOf("new Error") + 1;
  const site = { toString: () => `fail (file://${file}:1:${column})` };
  return String(Error.prepareStackTrace?.(new Error("it went wrong"), [site as NodeJS.CallSite]));
}

test("a trace names the source's line, with the map beside the code", async () => {
  expect(await stackOf("mapped")).toMatch(
    /^Error: it went wrong\n {4}at fail \(lambdas\/a-room\/fail\.ts:3:9\)$/,
  );
});

test.each([
  ["is not there", "none"],
  ["is no map", "no JSON"],
  ["leaves the place out, as it does a package's", '{"version":3,"sources":[],"names":[],"mappings":"A"}'],
])("a map that %s leaves the trace as it is", async (_, map) => {
  expect(await stackOf(map.replace(" ", "-"), map)).toMatch(
    /^Error: it went wrong\n {4}at fail \(file:\/\/.*\.mjs:1:\d+\)$/,
  );
});
