import { writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { bundle } from "../lib/bundle.ts";

/** Writes a function's bundle into a folder: the stack does it for each of them. */
const [name = "", folder = "."] = process.argv.slice(2);
const { outputFiles } = await bundle(name);
for (const { path, contents } of outputFiles) await writeFile(join(folder, basename(path)), contents);
