import { readFile } from "node:fs/promises";
import type { Plugin } from "esbuild";

/** In two parts: who looks for the map of this very file must not find one. */
const MARK = ["//# source", "MappingURL="].join("");

/** A source map that says nothing: the bundle's own then leaves the file out. */
const NO_SOURCE_MAP = `\n${MARK}data:application/json;base64,${Buffer.from(
  JSON.stringify({ version: 3, sources: ["vendor"], mappings: "AAAA" }),
).toString("base64")}`;

/** A shape of the SDK: an array, in which computed keys look like side effects to the bundler. */
const SDK_SHAPE = /^(export )?var (\w+\$?) = (\[[\s\S]*?\]);$/gm;

/** Leaves out of a bundle what packages bring along and no function uses. Nothing that runs is changed. */
export const trimming: Plugin = {
  name: "trimming",
  setup({ onLoad }) {
    // JSON schemas are made when the OpenAPI document is written. Without this, every schema has the code for them.
    onLoad({ filter: /\/zod\/v4\/core\/(to-json-schema|json-schema-processors)\.js$/ }, () => ({
      contents: "module.exports = {};",
    }));
    // Each client of the SDK reads its version from there, and nothing else.
    onLoad({ filter: /\/@aws-sdk\/client-[\w-]+\/package\.json$/ }, async ({ path }) => {
      const { version }: { version?: unknown } = JSON.parse(await readFile(path, "utf8"));
      return { contents: JSON.stringify({ version }), loader: "json" };
    });
    // The shapes of all of a service's operations: with the mark, those that nothing uses are left out.
    onLoad({ filter: /\/@aws-sdk\/client-[\w-]+\/dist-es\/schemas\/schemas_\d+\.js$/ }, async ({ path }) => ({
      contents: withoutMap(
        (await readFile(path, "utf8")).replace(SDK_SHAPE, "$1var $2 = /* @__PURE__ */ (() => $3)();"),
      ),
    }));
    // Stack traces are read for our own code: the map of the packages is four fifths of the whole.
    onLoad({ filter: /\/node_modules\/.*\.[cm]?js$/ }, async ({ path }) => ({
      contents: withoutMap(await readFile(path, "utf8")),
    }));
  },
};

function withoutMap(code: string): string {
  return code.replace(/^\/\/# source(?:MappingURL)=.*$/gm, "") + NO_SOURCE_MAP;
}
