import type { RequestSchema } from "../generations/request.ts";
import { nearest } from "../platform/nearest.ts";
import { columnsOf, csvLinesOf } from "./csv.ts";
import { jsonLinesOf } from "./json-lines.ts";
import { type Line, textLinesIn } from "./lines.ts";

/**
 * The lines of a manifest, in whichever of its dialects it is: JSON lines of create bodies, lines of OpenAI's Batch
 * API, or CSV. A text for its owner where it is none of them.
 */
export function linesOfManifest(file: Uint8Array, key: string, schema: RequestSchema): Line[] | string {
  const foreign = foreignFormat(file);
  if (foreign !== null) return foreign;
  const [first, ...others] = startsOf(file);
  if (first === undefined) return "The manifest is empty.";
  if (first === "<") return "The manifest is HTML or XML. It must be JSON lines or CSV.";
  if (first === "[") return "The manifest is one JSON list. Write each of its objects on a line of its own.";
  const isNamedCsv = /\.(csv|tsv)$/i.test(key);
  if (first === "{" || (!isNamedCsv && others.includes("{"))) return jsonLinesOf(file);
  if (isNamedCsv || columnsOf(file).includes("prompt")) return csvLinesOf(file, schema);
  return noManifest(columnsOf(file));
}

/** Says what was read, where it may be a header whose `prompt` is misspelt. */
function noManifest(columns: readonly string[]): string {
  const meant = columns.find((column) => nearest(column, ["prompt"]) !== null);
  return meant === undefined
    ? "The manifest is neither JSON lines (an object on each line) nor CSV (a first line that names the columns, one of them prompt)."
    : `The manifest's first line names no column prompt; did you mean that by ${JSON.stringify(meant.slice(0, 40))}?`;
}

/** The first characters of the lines that have any. */
function startsOf(file: Uint8Array): string[] {
  const utf8 = new TextDecoder();
  return Array.from(textLinesIn(file), ({ start, end }) =>
    utf8
      .decode(file.subarray(start, Math.min(end, start + 64)))
      .trimStart()
      .charAt(0),
  ).filter((start) => start !== "");
}

/** What files begin with that people take for text. */
const SIGNATURES: readonly [bytes: readonly number[], sentence: string][] = [
  [[0xff, 0xfe], "The manifest is in UTF-16. Save it as UTF-8."],
  [[0xfe, 0xff], "The manifest is in UTF-16. Save it as UTF-8."],
  [[0x50, 0x4b, 0x03, 0x04], "The manifest is a workbook or a ZIP archive. Save the sheet as CSV in UTF-8."],
  [[0x1f, 0x8b], "The manifest is compressed. Unpack it first."],
];
const LOOKED_AT = 8192;

function foreignFormat(file: Uint8Array): string | null {
  for (const [bytes, sentence] of SIGNATURES)
    if (bytes.every((byte, index) => file[index] === byte)) return sentence;
  return file.subarray(0, LOOKED_AT).includes(0)
    ? "The manifest is not text. It must be JSON lines or CSV, in UTF-8."
    : null;
}
