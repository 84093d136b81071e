import { basename } from "node:path";
import { bundle } from "../../lib/bundle.ts";

/** A function's bundle as it is deployed: its code, its source map, and the files that went in. */
export async function bundled(name: string) {
  const { outputFiles, metafile } = await bundle(name);
  const files = outputFiles.map(({ path, text, contents }) => ({ name: basename(path), text, contents }));
  const code = files.filter(({ name }) => name.endsWith(".mjs"));
  return {
    files,
    text: code.map(({ text }) => text).join("\n"),
    bytes: code.reduce((sum, { contents }) => sum + contents.length, 0),
    inputs: Object.keys(metafile.inputs),
  };
}
