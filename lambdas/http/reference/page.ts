import { PROBLEMS } from "../../platform/problem-table.ts";
import { MEANINGS } from "../problem-meanings.ts";
import { type ApiDocument, type ApiOperation, operationsOf } from "./document.ts";
import { escaped, prose } from "./html.ts";
import { operationSection } from "./operation.ts";
import { quickStart } from "./quick-start.ts";
import { field, fieldsOf, typeOf } from "./schema.ts";

/** What a page is dressed and moved by: both are written into it. */
interface PageParts {
  readonly style: string;
  readonly script: string;
  readonly icon: string;
}

/** The reference as one page of HTML, made from the OpenAPI document. The service's address stands in it as ROOT. */
export function referencePage(document: ApiDocument, { style, script, icon }: PageParts): string {
  const operations = operationsOf(document);
  const tags = document.tags.map((tag) => ({
    ...tag,
    operations: operations.filter(({ tags: [name] }) => name === tag.name),
  }));
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>API reference · Image service</title>
<link rel="icon" href="${icon}">
<style>${style}</style>
</head>
<body>
<a class="skip" href="#quick-start">Skip to the quick start</a>
<header class="bar"><a class="brand" href="docs">Image service</a><nav aria-label="Pages"><a href="docs" aria-current="page">Reference</a><a href="console">Console</a><a href="openapi.json">OpenAPI</a></nav></header>
<div class="frame">
<nav class="contents" aria-label="Contents"><details open><summary>Contents</summary><ul>
<li><a href="#quick-start">Quick start</a></li>
${tags.map(contentsOf).join("\n")}
<li><a href="#objects">Objects</a></li><li><a href="#headers">Headers</a></li><li><a href="#problems">Problems</a></li>
</ul></details></nav>
<main>
<h1>Image service</h1>
<p class="lead">Asks for pictures, waits for them, and keeps them. One charge per intent, however often a request is sent.</p>
${quickStart()}
<section aria-labelledby="key-title" class="key"><h2 id="key-title">Your key</h2>
<form id="key-form"><label for="key">API key, for “Try it”. It stays in this tab.</label><input id="key" type="password" autocomplete="off" spellcheck="false" placeholder="aik_…"></form></section>
${tags.map((tag) => tagSection(tag, document)).join("\n")}
${objects(document)}
${headers(document)}
${problems()}
</main>
</div>
<script type="module">${script}</script>
</body>
</html>
`;
}

interface Tag {
  readonly name: string;
  readonly description: string;
  readonly operations: readonly ApiOperation[];
}

function contentsOf({ name, operations }: Tag): string {
  const links = operations.map(
    ({ operationId, summary }) => `<li><a href="#${operationId}">${escaped(summary)}</a></li>`,
  );
  return `<li><a href="#tag-${name}">${name}</a><ul>${links.join("")}</ul></li>`;
}

function tagSection({ name, description, operations }: Tag, document: ApiDocument): string {
  return `<section id="tag-${name}" aria-labelledby="tag-${name}-title"><h2 id="tag-${name}-title">${name}</h2>
<p>${prose(description)}</p>
${operations.map((operation) => operationSection(operation, document)).join("\n")}
</section>`;
}

function objects({ components }: ApiDocument): string {
  const entries = Object.entries(components.schemas).map(([name, schema]) => {
    const about = schema.description === undefined ? "" : `<p>${prose(schema.description)}</p>`;
    const fields = fieldsOf(schema, name.startsWith("Create"));
    const body = fields === "" ? `<p class="type">${typeOf(schema)}</p>` : fields;
    return `<details class="operation" id="object-${name}"><summary><h3>${name}</h3></summary><div class="body">${about}${body}</div></details>`;
  });
  return `<section id="objects" aria-labelledby="objects-title"><h2 id="objects-title">Objects</h2>${entries.join("\n")}</section>`;
}

function headers({ components }: ApiDocument): string {
  const rows = Object.entries(components.headers).map(([name, { description }]) =>
    field({ name, type: "", note: "", description }).replace("<li>", `<li id="header-${name}">`),
  );
  return `<section id="headers" aria-labelledby="headers-title"><h2 id="headers-title">Headers of answers</h2><ul class="fields">${rows.join("")}</ul></section>`;
}

function problems(): string {
  const meanings: Readonly<Record<string, (typeof MEANINGS)[keyof typeof MEANINGS]>> = MEANINGS;
  const rows = Object.entries(PROBLEMS).map(([code, { status, title, retryable }]) => {
    const { when = "", advice = "" } = meanings[code] ?? {};
    const again = retryable ? " <em>may succeed later</em>" : "";
    return `<li id="problem-${code}"><a href="problems/${code.replaceAll("_", "-")}"><code>${code}</code></a> <span class="type">${status}</span>${again}<p>${escaped(title)}. ${prose(when)} ${prose(advice)}</p></li>`;
  });
  return `<section id="problems" aria-labelledby="problems-title"><h2 id="problems-title">Problems</h2>
<p>Every refusal is a problem document (<code>application/problem+json</code>, RFC 9457) with one of these codes. Its <code>type</code> is the address of the code’s own page.</p>
<ul class="fields">${rows.join("\n")}</ul></section>`;
}
