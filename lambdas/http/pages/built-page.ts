import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { escaped } from "../reference/html.ts";
import { ROOT } from "../reference/root.ts";
import type { Reply } from "../reply.ts";

/** Reads a page that was made when the stack was. */
export interface PageNeeds {
  readonly page: (name: "docs" | "console") => Promise<string>;
}

/** A page as it lies beside the function's bundle. */
export function builtPage(name: "docs" | "console"): Promise<string> {
  return readFile(new URL(`./${name}.html`, import.meta.url), "utf8");
}

interface Sending {
  /** The address that the reader used. */
  readonly root: string;
  /** Origins beside the service's own that the page takes pictures from. */
  readonly pictures?: readonly string[];
}

/**
 * Answers with a page. Its script and style are allowed by their hashes: nothing else in it may run, and it may make no
 * HTML out of texts. It may ask the service itself, and no one else.
 */
export function pageReply(html: string, { root, pictures = [] }: Sending): Reply {
  const policy = [
    "default-src 'none'",
    `script-src ${hashesOf("script", html)}`,
    `style-src ${hashesOf("style", html)}`,
    ["img-src data:", ...pictures].join(" "),
    ["connect-src 'self'", ...pictures].join(" "),
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ];
  return {
    status: 200,
    headers: {
      "Content-Type": "text/html; charset=utf-8",
      "Cache-Control": "public, max-age=300",
      "Content-Security-Policy": policy.join("; "),
    },
    body: html.replaceAll(ROOT, escaped(root)),
  };
}

function hashesOf(element: "script" | "style", html: string): string {
  const contents = [...html.matchAll(new RegExp(`<${element}[^>]*>([^]*?)</${element}>`, "g"))];
  return contents
    .map(([, text = ""]) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`)
    .join(" ");
}
