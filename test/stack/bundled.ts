import { basename } from "node:path";
import { bundle } from "../../lib/bundle.ts";

/**
 * A function's bundle as it is deployed: its files, what of its code a start loads (the entry and what that imports,
 * without what is imported later), all its code, and the files that went in.
 */
export async function bundled(name: string) {
  const { outputFiles, metafile } = await bundle(name);
  const files = outputFiles.map(({ path, text, contents }) => ({ name: basename(path), text, contents }));
  const atStart = new Set<string>();
  const load = (output: string) => {
    if (atStart.has(basename(output))) return;
    atStart.add(basename(output));
    for (const { path, kind, external } of metafile.outputs[output]?.imports ?? [])
      if (kind === "import-statement" && external !== true) load(path);
  };
  load("bundle/index.mjs");
  return {
    files,
    text: files.flatMap(({ name, text }) => (name.endsWith(".mjs") ? [text] : [])).join("\n"),
    bytes: files.reduce((sum, { name, contents }) => sum + (atStart.has(name) ? contents.length : 0), 0),
    inputs: Object.keys(metafile.inputs),
  };
}
