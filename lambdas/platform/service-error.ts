import * as z from "zod";
import type { Billed, ProblemCode } from "./problem-table.ts";

/** One fault of the input, with a JSON pointer to it. */
export interface Fault {
  readonly pointer: string;
  readonly detail: string;
}

/** What the provider said, as far as a caller may see it. */
export const providerRefusal = z
  .object({ code: z.string().nullable(), message: z.string().nullable(), request_id: z.string().nullable() })
  .meta({ id: "ProviderRefusal", description: "What the provider said." });

export type ProviderRefusal = z.infer<typeof providerRefusal>;

export interface ProblemExtras {
  readonly detail: string;
  readonly billed?: Billed;
  readonly instance?: string;
  readonly errors?: readonly Fault[];
  readonly provider?: ProviderRefusal | null;
  /** Overrides the table's word on whether the same request may succeed later. */
  readonly retryable?: boolean;
  /** When to ask again, in whole seconds. */
  readonly retryAfterSeconds?: number;
}

/** A refusal that the caller is meant to see: everything else thrown becomes `internal`. */
export class ServiceError extends Error {
  readonly code: ProblemCode;
  readonly extras: ProblemExtras;

  constructor(code: ProblemCode, extras: ProblemExtras) {
    super(extras.detail);
    this.name = "ServiceError";
    this.code = code;
    this.extras = extras;
  }
}

/** Faults of one input that are named, and characters of each text: the names are the caller's, of any length. */
const MOST_FAULTS = 20;
const LONGEST_TEXT = 200;

/** The input has faults: as many at once as fit in an answer, each with its pointer, then how many more there are. */
export class InvalidInput extends ServiceError {
  constructor(faults: readonly Fault[]) {
    const errors = faults.slice(0, MOST_FAULTS).map(shortened);
    const more = faults.length - errors.length;
    if (more > 0) errors.push({ pointer: "#", detail: `has ${more} more faults, which are not listed` });
    const sentence = errors.map(sentenceOf).join("; ");
    super("invalid_request", {
      detail: sentence === "" ? "The request is not valid." : `${sentence}.`,
      errors,
    });
    this.name = "InvalidInput";
  }
}

/** A fault in words, for those who read no pointers: `prompt` is required. */
function sentenceOf({ pointer, detail }: Fault): string {
  const [, kind, name] = /^#\/(headers|query)\/(.*)$/s.exec(pointer) ?? [];
  if (kind === "headers") return `the header \`${name}\` ${detail}`;
  if (kind === "query") return `the parameter \`${name}\` ${detail}`;
  return pointer === "#" ? `the request ${detail}` : `\`${pointer.slice(2)}\` ${detail}`;
}

/**
 * Others write the same record at the same moment, time after time. What was asked is not decided, and may be asked
 * again; a try whose answer was lost may have been written all the same, so it is not called free.
 */
export class Contended extends ServiceError {
  constructor() {
    super("conflict", {
      detail: "Others change the same at this moment, time after time. Ask again.",
      billed: "unknown",
      retryable: true,
      retryAfterSeconds: 1,
    });
    this.name = "Contended";
  }
}

/** A fault whose texts have 200 characters at most. */
export function shortened({ pointer, detail }: Fault): Fault {
  return { pointer: shortPointer(pointer), detail: detail.slice(0, LONGEST_TEXT).toWellFormed() };
}

/** The cut leaves no half of a percent-encoded character behind. */
function shortPointer(pointer: string): string {
  if (pointer.length <= LONGEST_TEXT) return pointer;
  const cut = pointer.slice(0, LONGEST_TEXT - "...".length);
  return `${cut.replace(/%[C-F][0-9A-F](?:%[0-9A-F]{0,2}){0,3}$|%[0-9A-F]?$/, "")}...`;
}
