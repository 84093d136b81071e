import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { BUNDLE_ALIASES } from "../../lib/bundle-aliases.ts";

/** Bundles a function as the stack does. */
export async function bundled(name: string) {
  return build({
    absWorkingDir: fileURLToPath(new URL("../..", import.meta.url)),
    entryPoints: [`lambdas/handlers/${name}.ts`],
    bundle: true,
    metafile: true,
    write: false,
    platform: "node",
    format: "esm",
    target: "node24",
    mainFields: ["module", "main"],
    minify: true,
    alias: BUNDLE_ALIASES,
    logLevel: "error",
  });
}
