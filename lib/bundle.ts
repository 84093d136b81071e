import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { trimming } from "./bundle-trimming.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const platform = (file: string) => `${root}lambdas/platform/${file}.ts`;

/** What the bundles take for these modules: each of the files says why. */
const ALIASES = {
  "@aws-sdk/credential-provider-node": platform("environment-credentials"),
  "@smithy/core/event-streams": platform("no-event-streams"),
  "node:http": platform("node-http"),
  http: platform("node-http"),
};

/** Packages in CommonJS inside an ES module still call `require` for Node's own modules. */
const BANNER =
  'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);';

/**
 * Bundles a function: `index.mjs` and its source map, as they are deployed. The SDK travels with the code: the version
 * tested is the version run.
 *
 * @param name its file in `lambdas/handlers`
 */
export function bundle(name: string) {
  return build({
    absWorkingDir: root,
    entryPoints: { index: `lambdas/handlers/${name}.ts` },
    outdir: "bundle",
    outExtension: { ".js": ".mjs" },
    bundle: true,
    metafile: true,
    write: false,
    platform: "node",
    format: "esm",
    target: "node24",
    mainFields: ["module", "main"],
    minify: true,
    sourcemap: true,
    sourcesContent: false,
    alias: ALIASES,
    plugins: [trimming],
    banner: { js: BANNER },
    logLevel: "warning",
  });
}
