import type { Answer, ApiDocument, ApiOperation, Media, Parameter } from "./document.ts";
import { escaped, json, prose } from "./html.ts";
import { field, fieldsOf, nameOf, typeOf } from "./schema.ts";
import { tryIt } from "./try-it.ts";

const JSON_TYPE = "application/json";
/** Headers of every answer are told once, at the end. */
const EVERYWHERE = /^(?:x-request-id|cache-control|ratelimit|x-ratelimit)/i;

/** Everything about an operation, folded away below its one line. */
export function operationSection(operation: ApiOperation, document: ApiDocument): string {
  const { operationId, method, path, summary, description } = operation;
  return `<details class="operation" id="${operationId}">
<summary><h3><span class="method method-${method.toLowerCase()}">${method}</span> <code class="path">${breakable(path)}</code> <span class="summary">${escaped(summary)}</span></h3></summary>
<div class="body">
<p>${prose(description)}</p>
${parametersOf(operation)}${bodyOf(operation, document)}${answersOf(operation)}${problemsOf(operation)}${tryIt(operation)}
</div>
</details>`;
}

/** A path may be broken before each of its parts, so that it fits a narrow screen. */
function breakable(path: string): string {
  return escaped(path).replaceAll("/", "<wbr>/");
}

const PLACES = { path: "in the path", query: "in the query", header: "header" };

function parametersOf({ parameters = [], security }: ApiOperation): string {
  const rows = parameters.map(({ name, in: place, required, description, schema }: Parameter) =>
    field({
      name,
      type: `${typeOf(schema)}, ${PLACES[place]}`,
      note: required ? "required" : "",
      description: description ?? schema.description ?? "",
    }),
  );
  const open = security === undefined ? "" : "<p>It needs no key.</p>";
  return rows.length === 0 ? open : `${open}<h4>Parameters</h4><ul class="fields">${rows.join("")}</ul>`;
}

function bodyOf({ requestBody }: ApiOperation, { components }: ApiDocument): string {
  const media = requestBody?.content?.[JSON_TYPE];
  if (media?.schema === undefined) return "";
  const name = nameOf(media.schema);
  const schema = name === undefined ? media.schema : (components.schemas[name] ?? media.schema);
  return `<h4>Body</h4>${fieldsOf(schema, true)}${examplesOf(media, "body")}`;
}

function answersOf({ responses }: ApiOperation): string {
  const good = Object.entries(responses).filter(([status]) => Number(status) < 400);
  return `<h4>Answers</h4><ul class="answers">${good.map(([status, answer]) => answerItem(status, answer)).join("")}</ul>`;
}

function answerItem(status: string, { description, headers = {}, content = {} }: Answer): string {
  const media = content[JSON_TYPE];
  const type = media?.schema === undefined ? "" : ` <span class="type">${typeOf(media.schema)}</span>`;
  const own = Object.keys(headers).filter((name) => !EVERYWHERE.test(name));
  const names = own.map((name) => `<a href="#header-${name}"><code>${name}</code></a>`).join(" ");
  const line = names === "" ? "" : `<p>Headers: ${names}</p>`;
  const examples = media === undefined ? "" : examplesOf(media, status);
  return `<li><strong>${status}</strong>${type}<p>${prose(description)}</p>${line}${examples}</li>`;
}

function examplesOf({ examples = {} }: Media, of: string): string {
  return Object.entries(examples)
    .map(([name, { value }]) => {
      const label = `Example: ${name.replaceAll("_", " ")}`;
      return `<details class="example"><summary>${escaped(label)}</summary>${json(value, `${label}, ${of}`)}</details>`;
    })
    .join("");
}

/** The codes of its problems in one row: what each means is told at the end of the page. */
function problemsOf({ responses }: ApiOperation): string {
  const codes = Object.values(responses).flatMap(({ content = {} }) =>
    Object.keys(content["application/problem+json"]?.examples ?? {}),
  );
  if (codes.length === 0) return "";
  const links = codes.map((code) => `<a href="#problem-${code}"><code>${code}</code></a>`);
  return `<h4>Problems</h4><p class="codes">${links.join(" ")}</p>`;
}
