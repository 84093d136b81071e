import { writeFile } from "node:fs/promises";
import { makePage } from "./pages/make.ts";

/** Writes the pages for people into a folder: the stack does it for the function that sends them. */
const [folder = "."] = process.argv.slice(2);
for (const name of ["docs", "console"] as const)
  await writeFile(`${folder}/${name}.html`, await makePage(name));
