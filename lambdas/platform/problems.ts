import * as z from "zod";
import { RELATIVE_ROOT } from "./relative-root.ts";

/** Who asked, what went wrong and whether to ask again: one table for HTTP, OpenAI's SDKs and Step Functions. */
interface ProblemFacts {
  readonly status: number;
  readonly title: string;
  readonly retryable: boolean;
  /** The `type` of the inner error, in OpenAI's vocabulary. */
  readonly openaiType: string;
  /** The error name that a workflow catches. */
  readonly taskError: string;
}

const CALLER = "invalid_request_error";
const OURS = "api_error";

/** Every code of the contract's error table. */
export const PROBLEMS = {
  malformed_json: fact(400, "The body is not valid JSON", false, CALLER, "InvalidRequest"),
  unsupported_media_type: fact(415, "The body is not application/json", false, CALLER, "InvalidRequest"),
  payload_too_large: fact(413, "The body is larger than 64 KiB", false, CALLER, "InvalidRequest"),
  invalid_request: fact(422, "The request is not valid", false, CALLER, "InvalidRequest"),
  idempotency_key_reused: fact(
    422,
    "The idempotency key belongs to another request",
    false,
    CALLER,
    "InvalidRequest",
  ),
  unauthorized: fact(401, "No valid API key", false, "authentication_error", "InvalidRequest"),
  forbidden: fact(403, "Not allowed", false, "permission_error", "InvalidRequest"),
  not_found: fact(404, "Not found", false, CALLER, "InvalidRequest"),
  method_not_allowed: fact(405, "The method is not allowed here", false, CALLER, "InvalidRequest"),
  conflict: fact(409, "Not possible in the present state", false, CALLER, "InvalidRequest"),
  gone: fact(410, "Removed", false, CALLER, "InvalidRequest"),
  budget_exceeded: fact(402, "The budget is used up", false, "insufficient_quota", "InvalidRequest"),
  rate_limited: fact(429, "Too many requests", true, "rate_limit_error", "InvalidRequest"),
  content_rejected: fact(
    422,
    "The provider's moderation refused the content",
    false,
    CALLER,
    "ContentRejected",
  ),
  provider_rejected: fact(422, "The provider refused the input", false, CALLER, "ProviderRejected"),
  provider_throttled: fact(503, "The provider's quota is used up", true, OURS, "ProviderThrottled"),
  provider_unavailable: fact(502, "The provider failed", true, OURS, "ProviderUnavailable"),
  provider_misconfigured: fact(
    502,
    "The service's provider account needs its operator",
    false,
    OURS,
    "ProviderMisconfigured",
  ),
  upstream_outcome_unknown: fact(
    504,
    "The provider's answer was lost",
    false,
    OURS,
    "UpstreamOutcomeUnknown",
  ),
  image_unavailable: fact(
    502,
    "The image was painted but could not be fetched",
    false,
    OURS,
    "ImageUnavailable",
  ),
  deadline_exceeded: fact(
    504,
    "The deadline passed before the generation started",
    true,
    OURS,
    "DeadlineExceeded",
  ),
  internal: fact(500, "Something went wrong on our side", true, OURS, "InternalError"),
} as const satisfies Record<string, ProblemFacts>;

export type ProblemCode = keyof typeof PROBLEMS;

export function isProblemCode(name: string): name is ProblemCode {
  return Object.hasOwn(PROBLEMS, name);
}

/** What a generation may say that has ended without a picture. */
export const ENDS = [
  "content_rejected",
  "provider_rejected",
  "provider_throttled",
  "provider_unavailable",
  "provider_misconfigured",
  "upstream_outcome_unknown",
  "image_unavailable",
  "deadline_exceeded",
] as const satisfies readonly ProblemCode[];

/** Whether the provider charged: `unknown` when its answer was lost. */
const BILLED = ["yes", "no", "unknown"] as const;
export type Billed = (typeof BILLED)[number];
export const billedSchema = z.enum(BILLED).meta({ id: "Billed" });

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

/** A problem document (RFC 9457) with the contract's extension members. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly instance?: string;
  readonly code: ProblemCode;
  readonly retryable: boolean;
  readonly billed: Billed;
  readonly request_id: string;
  readonly errors?: readonly Fault[];
  readonly provider?: ProviderRefusal;
  readonly error: {
    readonly message: string;
    readonly type: string;
    readonly param: string | null;
    readonly code: ProblemCode;
  };
}

/**
 * The problem document of anything thrown. Promises never to show a stack, a path or a message that was not
 * written for the caller: whatever is no ServiceError reads as `internal`.
 */
export function toProblem(thrown: unknown, requestId: string, root?: string): Problem {
  const error =
    thrown instanceof ServiceError
      ? thrown
      : new ServiceError("internal", {
          detail: "The service failed; nothing is known to be wrong with the request.",
        });
  return problemOf(error.code, error.extras, requestId, root);
}

/** The problem document of a code. Its `type` is a page of the service, whose address begins with `root`. */
export function problemOf(
  code: ProblemCode,
  extras: ProblemExtras,
  requestId: string,
  root: string = RELATIVE_ROOT,
): Problem {
  const facts: ProblemFacts = PROBLEMS[code];
  return {
    type: `${root}/problems/${code.replaceAll("_", "-")}`,
    title: facts.title,
    status: facts.status,
    detail: extras.detail,
    ...(extras.instance !== undefined && { instance: extras.instance }),
    code,
    retryable: extras.retryable ?? facts.retryable,
    billed: extras.billed ?? "no",
    request_id: requestId,
    ...(extras.errors !== undefined && { errors: extras.errors }),
    ...(extras.provider && { provider: extras.provider }),
    error: {
      message: extras.detail,
      type: facts.openaiType,
      param: parameterOf(extras.errors),
      code,
    },
  };
}

function parameterOf(errors: readonly Fault[] | undefined): string | null {
  return errors?.[0]?.pointer.replace(/^#\/?/, "").replaceAll("/", ".") || null;
}

function fact(
  status: number,
  title: string,
  retryable: boolean,
  openaiType: string,
  taskError: string,
): ProblemFacts {
  return { status, title, retryable, openaiType, taskError };
}
