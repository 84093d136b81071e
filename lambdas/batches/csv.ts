import * as z from "zod";
import type { RequestSchema } from "../generations/request.ts";
import { nearest } from "../platform/nearest.ts";
import { InvalidInput } from "../platform/service-error.ts";
import { cellsOf, rowsIn } from "./csv-rows.ts";
import { customId } from "./json-lines.ts";
import { InvalidLine, type Item, type Line, textLinesIn } from "./lines.ts";

const DELIMITERS = [",", ";", "\t"] as const;
const METADATA = "metadata.";
const CUSTOM_ID = "custom_id";

/** The first row of a file: its columns, and what stands between them. */
interface Header {
  readonly columns: readonly string[];
  readonly delimiter: string;
}

/**
 * The lines of a CSV file whose first row names the columns: create fields, `custom_id` and `metadata.…`. An empty cell
 * is a field that is not there. A text for the owner where the first row is none, so that no line can be read.
 */
export function csvLinesOf(file: Uint8Array, schema: RequestSchema): Line[] | string {
  const header = headerOf(file);
  const fault = headerFault(header, schema);
  if (fault !== null) return fault;
  const [, ...rows] = rowsIn(file, header.delimiter);
  return rows
    .filter(({ bytes }) => !isEmpty(bytes, header))
    .map(({ number, bytes }) => ({ number, bytes, item: () => itemOf(bytes, header, schema) }));
}

/** What the first row of a file names, if it is a header. */
export function columnsOf(file: Uint8Array): readonly string[] {
  return headerOf(file).columns;
}

/** Excel writes semicolons in many countries, and tabs for some of its formats. */
function headerOf(file: Uint8Array): Header {
  const [first] = textLinesIn(file);
  const bytes = file.subarray(first?.start ?? 0, first?.end ?? 0);
  const headers = DELIMITERS.map((delimiter) => {
    try {
      return { delimiter, columns: cellsOf(bytes, delimiter).map((cell) => cell.trim()) };
    } catch (error) {
      if (error instanceof InvalidInput) return { delimiter, columns: [] };
      throw error;
    }
  });
  const [most = { delimiter: ",", columns: [] }] = headers.sort(
    (a, b) => b.columns.length - a.columns.length,
  );
  return most;
}

/** What is wrong with a first row, as a sentence; null where nothing is. */
function headerFault({ columns }: Header, schema: RequestSchema): string | null {
  const known = [...Object.keys(schema.in.shape).filter((name) => name !== "metadata"), CUSTOM_ID];
  if (!columns.includes("prompt"))
    return `The manifest's first line must name its columns, one of them prompt; ${known.join(", ")} and metadata.NAME are known.`;
  for (const [index, column] of columns.entries()) {
    if (column !== "" && columns.indexOf(column) < index)
      return `The manifest has two columns ${quoted(column)}.`;
    if (column === "" || known.includes(column) || isMetadata(column)) continue;
    const meant = nearest(column, known);
    return `The manifest's column ${quoted(column)} is not known${meant === null ? "." : `; did you mean ${meant}?`}`;
  }
  return null;
}

function isMetadata(column: string): boolean {
  return column.startsWith(METADATA) && column.length > METADATA.length;
}

function isEmpty(bytes: Uint8Array, { delimiter }: Header): boolean {
  const blank = [0x20, 0x0d, 0x0a, delimiter.charCodeAt(0)];
  return bytes.every((byte) => blank.includes(byte));
}

function itemOf(bytes: Uint8Array, { columns, delimiter }: Header, schema: RequestSchema): Item {
  const cells = cellsOf(bytes, delimiter);
  if (cells.length !== columns.length)
    throw new InvalidLine([
      {
        pointer: "#",
        detail: `must have ${columns.length} cells, as the first line has, not ${cells.length}; a cell with ${delimiter === "\t" ? "a tab" : delimiter} in it is put in quotes`,
      },
    ]);
  const filled = columns.flatMap((column, index) => {
    const cell = cells[index] ?? "";
    return cell === "" ? [] : [{ column, cell }];
  });
  const nameless = filled.find(({ column }) => column === "");
  if (nameless !== undefined)
    throw new InvalidLine([{ pointer: "#", detail: "must have nothing in a column without a name" }]);
  const given = filled.find(({ column }) => column === CUSTOM_ID)?.cell ?? null;
  const named = customId.nullable().safeParse(given);
  if (!named.success)
    throw new InvalidLine([{ pointer: `#/${CUSTOM_ID}`, detail: "must have at most 200 characters" }]);
  const metadata = filled.filter(({ column }) => isMetadata(column));
  return {
    customId: named.data,
    path: "/generations",
    body: {
      ...Object.fromEntries(
        filled
          .filter(({ column }) => column !== CUSTOM_ID && !isMetadata(column))
          .map(({ column, cell }) => [column, meaningOf(cell, kindOf(schema, column))]),
      ),
      ...(metadata.length > 0 && {
        metadata: Object.fromEntries(
          metadata.map(({ column, cell }) => [column.slice(METADATA.length), cell]),
        ),
      }),
    },
  };
}

/** What a cell means in its column. What can't mean anything there stays a text, which the schema then refuses. */
function meaningOf(cell: string, kind: string): unknown {
  const text = cell.trim();
  if (kind === "number" && /^-?\d{1,15}(\.\d+)?$/.test(text)) return Number(text);
  // Spreadsheets write TRUE and FALSE.
  if (kind === "boolean" && /^(true|false)$/i.test(text)) return text.toLowerCase() === "true";
  return kind === "string" ? cell : text;
}

/** The type of a field beneath what makes it optional, such as `string`, `number` or `boolean`. */
function kindOf(schema: RequestSchema, column: string): string {
  let field: unknown = Object.entries(schema.in.shape).find(([name]) => name === column)?.[1];
  while (field instanceof z.ZodDefault || field instanceof z.ZodOptional || field instanceof z.ZodNullable)
    field = field.unwrap();
  return field instanceof z.ZodType ? field.def.type : "string";
}

function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 60));
}
