import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { readDocument } from "../../lambdas/http/reference/document.ts";
import { referencePage } from "../../lambdas/http/reference/page.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const browser = `${root}lambdas/browser`;

/** The pages for people, as `lambdas/http/pages/built-page.ts` sends them. */
export type PageName = "docs" | "console";

/**
 * Makes a page: one HTML document that holds its style and its script, and needs nothing from elsewhere.
 *
 * @throws what esbuild says of code that it cannot bundle
 */
export async function makePage(name: PageName): Promise<string> {
  const icon = `data:image/svg+xml,${encodeURIComponent((await readFile(`${browser}/icon.svg`, "utf8")).trim())}`;
  if (name === "docs") {
    const document = readDocument(JSON.parse(await readFile(`${root}docs/openapi.json`, "utf8")));
    const style = await bundled("reference/page.css");
    return referencePage(document, { style, script: await bundled("reference/main.ts"), icon });
  }
  const frame = await readFile(`${browser}/console/page.html`, "utf8");
  const parts: Record<string, string> = {
    icon,
    style: await bundled("console/page.css"),
    script: await bundled("console/main.ts"),
  };
  return frame.replace(/\/\*(icon|style|script)\*\//g, (_, part: string) => parts[part] ?? "");
}

/** A style or a script with all that it imports, as it may stand in HTML: nothing in it ends its element. */
async function bundled(entry: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [`${browser}/${entry}`],
    bundle: true,
    write: false,
    minify: true,
    format: "esm",
    target: ["chrome123", "safari17.5", "firefox120"],
    charset: "utf8",
    logLevel: "error",
  });
  const [file] = outputFiles;
  if (file === undefined) throw new Error(`nothing came out of ${entry}`);
  return file.text.trim().replaceAll("</s", "<\\/s");
}
