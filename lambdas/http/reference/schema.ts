import type { Schema } from "./document.ts";
import { escaped, prose } from "./html.ts";

const COMPONENT = "#/components/schemas/";

/** The name of the component that a schema refers to; undefined for one that is written out. */
export function nameOf({ $ref }: Schema): string | undefined {
  return $ref?.startsWith(COMPONENT) ? $ref.slice(COMPONENT.length) : undefined;
}

/** What kind of value it is, in words; components are links. */
export function typeOf(schema: Schema): string {
  const name = nameOf(schema);
  if (name !== undefined) return `<a href="#object-${name}">${name}</a>`;
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices !== undefined) return [...new Set(choices.map(typeOf))].join(" or ");
  if (schema.const !== undefined) return code(schema.const);
  if (schema.enum !== undefined) return schema.enum.map(code).join(" ");
  if (schema.items !== undefined) return `list of ${typeOf(schema.items)}`;
  if (typeof schema.additionalProperties === "object")
    return `object of ${typeOf(schema.additionalProperties)}`;
  const types = [schema.type ?? "any value"].flat();
  return types.map((type) => (type === "string" ? wordFor(schema) : type)).join(" or ");
}

/** The fields of an object, one below the other; empty for what has none. */
export function fieldsOf({ properties = {}, required = [] }: Schema, isRequest: boolean): string {
  const rows = Object.entries(properties).map(([name, schema]) =>
    field({
      name,
      type: typeOf(schema),
      note: isRequest && required.includes(name) ? "required" : "",
      description: schema.description ?? "",
    }),
  );
  return rows.length === 0 ? "" : `<ul class="fields">${rows.join("")}</ul>`;
}

/** A field, parameter or header: its name, what it is, and what it means. */
export function field(row: { name: string; type: string; note: string; description: string }): string {
  const { name, type, note, description } = row;
  const remark = note === "" ? "" : ` <em>${escaped(note)}</em>`;
  const meaning = description === "" ? "" : `<p>${prose(description)}</p>`;
  return `<li><code>${escaped(name)}</code> <span class="type">${type}</span>${remark}${meaning}</li>`;
}

function code(value: unknown): string {
  return `<code>${escaped(value === null ? "null" : String(value))}</code>`;
}

function wordFor({ format }: Schema): string {
  if (format === "date-time") return "time";
  return format === "uri" ? "address" : "string";
}
