import { parse } from "csv-parse/sync";
import { InvalidLine, type TextLine, textLinesIn } from "./lines.ts";
import { MOST_LINE_BYTES } from "./record.ts";

/** A row of a CSV file. It may go over several lines, as cells in quotes may hold line breaks. */
export interface Row {
  /** The line that it begins on, counted from 1. */
  readonly number: number;
  readonly bytes: Uint8Array;
}

const QUOTE = 0x22;

/** A cell with more line breaks than that is a quote that was forgotten. */
const MOST_LINES_OF_ROW = 1000;

/**
 * The rows of a CSV file (RFC 4180) that have something in them. A quote that is wrong, or never closed, spoils its own
 * line alone, not all that come after it.
 */
export function* rowsIn(file: Uint8Array, delimiter: string): Generator<Row> {
  const lines = [...textLinesIn(file)];
  for (let index = 0; index < lines.length; index++) {
    const first = lines[index];
    if (first === undefined) return;
    const last = lastLineOf(lines, index, file) ?? index;
    const row = file.subarray(first.start, lines[last]?.end);
    if (last > index && isRow(row, delimiter)) {
      yield { number: first.number, bytes: row };
      index = last;
    } else yield { number: first.number, bytes: file.subarray(first.start, first.end) };
  }
}

function isRow(bytes: Uint8Array, delimiter: string): boolean {
  try {
    cellsOf(bytes, delimiter);
    return true;
  } catch (error) {
    if (error instanceof InvalidLine) return false;
    throw error;
  }
}

/** The line that ends the row which begins on another: there every quote is closed. Null where that never comes. */
function lastLineOf(lines: readonly TextLine[], begin: number, file: Uint8Array): number | null {
  let quotes = 0;
  let bytes = 0;
  for (let index = begin; index < begin + MOST_LINES_OF_ROW && bytes <= MOST_LINE_BYTES; index++) {
    const line = lines[index];
    if (line === undefined) return null;
    quotes += quotesIn(file.subarray(line.start, line.end));
    if (quotes % 2 === 0) return index;
    bytes += line.end - line.start;
  }
  return null;
}

function quotesIn(bytes: Uint8Array): number {
  let count = 0;
  for (let at = bytes.indexOf(QUOTE); at !== -1; at = bytes.indexOf(QUOTE, at + 1)) count++;
  return count;
}

/**
 * The cells of a row.
 *
 * @throws InvalidLine where its quotes are wrong, or it is not in UTF-8
 */
export function cellsOf(bytes: Uint8Array, delimiter: string): string[] {
  // The end of a line on Windows has a first half that is no part of the last cell.
  const text = decoded(bytes).replace(/\r$/, "");
  try {
    const [cells] = parse(text, { delimiter, relax_column_count: true, record_delimiter: ["\r\n", "\n"] });
    return cells ?? [];
  } catch {
    throw new InvalidLine([
      {
        pointer: "#",
        detail:
          'must have its quotes in pairs: a cell with quotes, line breaks or delimiters in it is put in quotes, and each quote in it is doubled ("")',
      },
    ]);
  }
}

function decoded(bytes: Uint8Array): string {
  try {
    // A byte order mark at the beginning is left out.
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new InvalidLine([{ pointer: "#", detail: "must be in UTF-8" }]);
  }
}
