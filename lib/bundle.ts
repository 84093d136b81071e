import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type Metafile } from "esbuild";
import { trimming } from "./bundle-trimming.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const platform = (file: string) => `${root}lambdas/platform/${file}.ts`;

/** What the bundles take for these modules: each of the files says why. */
const ALIASES = {
  "@aws-sdk/credential-provider-node": platform("environment-credentials"),
  "@aws-sdk/endpoint-cache": platform("no-endpoint-cache"),
  "@smithy/core/event-streams": platform("no-event-streams"),
  "node:http": platform("node-http"),
  http: platform("node-http"),
};

/** Packages in CommonJS inside an ES module still call `require` for Node's own modules. */
const BANNER =
  'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);';

/**
 * Bundles a function as it is deployed: `index.mjs`, what it loads later or shares with that, and their source maps.
 * The SDK travels with the code: the version tested is the version run.
 *
 * @param name its file in `lambdas/handlers`
 */
export async function bundle(name: string) {
  const { outputFiles, metafile } = await build({
    absWorkingDir: root,
    entryPoints: { index: `lambdas/handlers/${name}.ts` },
    outdir: "bundle",
    outExtension: { ".js": ".mjs" },
    splitting: true,
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
    inject: [platform("source-stacks")],
    banner: { js: BANNER },
    logLevel: "warning",
  });
  const used = reached(metafile);
  return { outputFiles: outputFiles.filter(({ path }) => used.has(basename(path, ".map"))), metafile };
}

/** Names of the files that the entry comes to, at once or later. What only dead code imports has a file too. */
function reached({ outputs }: Metafile): ReadonlySet<string> {
  const found = new Set<string>();
  const reach = (output: string) => {
    if (found.has(basename(output))) return;
    found.add(basename(output));
    for (const { path, external } of outputs[output]?.imports ?? []) if (external !== true) reach(path);
  };
  reach("bundle/index.mjs");
  return found;
}
