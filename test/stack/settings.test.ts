import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { describe, expect, it } from "vitest";
import { functionsOf, synthesised } from "./synthesised.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const functions = functionsOf(synthesised("prod"));

/** Bundles a function as the stack does. */
async function bundled(name: string) {
  return build({
    absWorkingDir: root,
    entryPoints: [`lambdas/handlers/${name}.ts`],
    bundle: true,
    metafile: true,
    write: false,
    platform: "node",
    format: "esm",
    target: "node24",
    mainFields: ["module", "main"],
    minify: true,
    keepNames: true,
    logLevel: "error",
  });
}

describe.each(Object.keys(functions).map((name) => ({ name })))("the function $name", async ({ name }) => {
  const entry = existsSync(`${root}lambdas/handlers/${name}.ts`);
  const bundle = entry ? await bundled(name) : null;

  it("is bundled into less than 2 MB", () => {
    expect(bundle?.outputFiles[0]?.contents.length).toBeLessThan(2_000_000);
  });

  it("is given every setting that its code asks for", () => {
    const ours = Object.keys(bundle?.metafile.inputs ?? {}).filter((path) => path.startsWith("lambdas/"));
    const asked = ours.flatMap((path) =>
      [...readFileSync(root + path, "utf8").matchAll(/\b(?:required|requiredNumber)\("([A-Z_]+)"\)/g)].map(
        ([, variable]) => variable,
      ),
    );
    const Variables = functions[name]?.["Environment"].Variables;
    for (const variable of asked) expect(Object.keys(Variables)).toContain(variable);
    for (const variable of asked) expect(Variables[variable ?? ""]).not.toBe("");
  });
});
