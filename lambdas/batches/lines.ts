import { type CreateRequest, parseCreateRequest, type RequestSchema } from "../generations/request.ts";
import { type Fault, InvalidInput } from "../platform/problems.ts";
import { parseStrictJson } from "../platform/strict-json.ts";
import { MOST_LINE_BYTES } from "./record.ts";

/** A line of a batch, counted from 1. */
export interface Line {
  readonly number: number;
  readonly bytes: Uint8Array;
}

const NEW_LINE = 0x0a;

/** The lines of a file that have something on them, by their number in it. */
export function* linesIn(file: Uint8Array): Generator<Line> {
  let number = 1;
  for (let start = 0; start < file.length; number++) {
    const found = file.indexOf(NEW_LINE, start);
    const end = found === -1 ? file.length : found;
    const bytes = file.subarray(start, end);
    if (!isBlank(bytes)) yield { number, bytes };
    start = end + 1;
  }
}

/** A line has one create body, or faults: pointers start at the body, as if it had been sent alone. */
export function readLine(
  { bytes }: Line,
  schema: RequestSchema,
): { readonly request: CreateRequest } | { readonly errors: readonly Fault[] } {
  if (bytes.length > MOST_LINE_BYTES)
    return { errors: [{ pointer: "#", detail: `must be at most ${MOST_LINE_BYTES} bytes` }] };
  try {
    return { request: parseCreateRequest(schema, parseStrictJson(bytes)) };
  } catch (error) {
    if (error instanceof InvalidInput) return { errors: error.extras.errors ?? [] };
    return { errors: [{ pointer: "#", detail: "must be JSON in UTF-8" }] };
  }
}

function isBlank(bytes: Uint8Array): boolean {
  return bytes.length < 256 && bytes.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d);
}
