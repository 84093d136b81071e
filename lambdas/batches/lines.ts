import type { CreateRequest } from "../generations/request.ts";
import { type Fault, InvalidInput } from "../platform/service-error.ts";
import { MOST_LINE_BYTES } from "./record.ts";

/** What is asked for on a line, not checked yet. */
export interface Item {
  readonly customId: string | null;
  /** The body of a request to this path, which begins after `/v1`. */
  readonly path: BodyPath;
  readonly body: unknown;
}

/** A line of a batch that holds one item. */
export interface Line {
  /** Where it begins in its file, counted from 1. */
  readonly number: number;
  readonly bytes: Uint8Array;
  /**
   * Reads what is on it.
   *
   * @throws InvalidLine where it can't be read
   */
  readonly item: () => Item;
}

/** How the body of a request to one of the paths is checked; it throws InvalidInput. */
export type BodyReaders = Readonly<Record<BodyPath, (body: unknown) => CreateRequest>>;

/** The operations whose bodies a line may have. */
export const BODY_PATHS = ["/generations", "/images/generations"] as const;
type BodyPath = (typeof BODY_PATHS)[number];

/** A line that can't be read; its caller's name for it is told where it is known. */
export class InvalidLine extends InvalidInput {
  readonly customId: string | null;

  constructor(faults: readonly Fault[], customId: string | null = null) {
    super(faults);
    this.name = "InvalidLine";
    this.customId = customId;
  }
}

/** What a line comes to: a request, or faults whose pointers start at the body, as if it had been sent alone. */
export type ReadLine = { readonly customId: string | null } & (
  | { readonly request: CreateRequest }
  | { readonly errors: readonly Fault[] }
);

/** The line on which each `custom_id` of a file stands first. */
export function customIdsOf(lines: readonly Line[]): ReadonlyMap<string, number> {
  const first = new Map<string, number>();
  for (const line of lines) {
    const customId = customIdOf(line);
    if (customId !== null && !first.has(customId)) first.set(customId, line.number);
  }
  return first;
}

function customIdOf({ bytes, item }: Line): string | null {
  if (bytes.length > MOST_LINE_BYTES) return null;
  try {
    return item().customId;
  } catch (error) {
    return error instanceof InvalidLine ? error.customId : null;
  }
}

/**
 * Reads a line and checks what it asks for. Nothing on it makes this throw. Of several with one `custom_id` the first
 * alone is valid, as at OpenAI: results are told apart by it.
 */
export function readLine(
  line: Line,
  readers: BodyReaders,
  customIds: ReturnType<typeof customIdsOf>,
): ReadLine {
  const read = readAlone(line, readers);
  const first = read.customId === null ? undefined : customIds.get(read.customId);
  if (first === undefined || first === line.number) return read;
  const fault = { pointer: "#/custom_id", detail: `must be unique: line ${first} has it already` };
  return { customId: read.customId, errors: [fault, ...("errors" in read ? read.errors : [])] };
}

function readAlone({ bytes, item }: Line, readers: BodyReaders): ReadLine {
  let customId: string | null = null;
  try {
    if (bytes.length > MOST_LINE_BYTES)
      throw new InvalidLine([{ pointer: "#", detail: `must be at most ${MOST_LINE_BYTES} bytes` }]);
    const found = item();
    customId = found.customId;
    return { customId, request: readers[found.path](found.body) };
  } catch (error) {
    if (error instanceof InvalidLine) customId = error.customId;
    if (error instanceof InvalidInput) return { customId, errors: error.extras.errors ?? [] };
    return { customId, errors: [{ pointer: "#", detail: "must be JSON in UTF-8" }] };
  }
}

const NEW_LINE = 0x0a;

/** A line of text of a file, without its end. */
export interface TextLine {
  readonly number: number;
  readonly start: number;
  readonly end: number;
}

/** The lines of a file that have something on them, by their number in it. */
export function* textLinesIn(file: Uint8Array): Generator<TextLine> {
  let number = 1;
  for (let start = 0; start < file.length; number++) {
    const found = file.indexOf(NEW_LINE, start);
    const end = found === -1 ? file.length : found;
    if (!isBlank(file.subarray(start, end))) yield { number, start, end };
    start = end + 1;
  }
}

function isBlank(bytes: Uint8Array): boolean {
  return bytes.length < 256 && bytes.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d);
}
