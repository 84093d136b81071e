import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";

interface Page {
  readonly html: string;
  readonly contentSecurityPolicy: string;
}

let page: Promise<Page> | undefined;

/** The reference page: Swagger UI and its styles in one document. Made when first asked for, kept after that. */
export function referencePage(): Promise<Page> {
  page ??= make().catch((error: unknown) => {
    page = undefined;
    throw error;
  });
  return page;
}

/** No validator, no fonts, no host but our own: the page works without the internet. */
const START = `SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#reference",
  deepLinking: true,
  validatorUrl: null,
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
});`;

async function make(): Promise<Page> {
  const [bundle, style] = await Promise.all([part("swagger-ui-bundle.js"), part("swagger-ui.css")]);
  // Inside an element of HTML, its own end would end it wherever it stands, in a text too.
  const scripts = [bundle.replaceAll("</script", "<\\/script"), START];
  const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Image service: API reference</title>
<link rel="icon" href="data:,">
<style>${style.replaceAll("</style", "<\\/style")}</style>
</head>
<body>
<div id="reference"></div>
${scripts.map((script) => `<script>${script}</script>`).join("\n")}
</body>
</html>
`;
  const hashes = scripts.map((script) => `'sha256-${createHash("sha256").update(script).digest("base64")}'`);
  const contentSecurityPolicy = [
    "default-src 'none'",
    `script-src ${hashes.join(" ")}`,
    "style-src 'unsafe-inline'",
    "img-src data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
  return { html, contentSecurityPolicy };
}

/** A file of Swagger UI: beside the function's bundle where it is deployed, in its package where it is not. */
async function part(name: string): Promise<string> {
  try {
    return await readFile(new URL(`./${name}`, import.meta.url), "utf8");
  } catch {
    return readFile(new URL(import.meta.resolve(`swagger-ui-dist/${name}`)), "utf8");
  }
}
