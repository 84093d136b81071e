import { fileURLToPath } from "node:url";
import { build } from "esbuild";

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
    alias: {
      "@aws-sdk/credential-provider-node": fileURLToPath(
        new URL("../../lambdas/platform/environment-credentials.ts", import.meta.url),
      ),
    },
    logLevel: "error",
  });
}
