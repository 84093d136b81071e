import * as z from "zod";

/** Who asked, what went wrong and whether to ask again: one table for HTTP, OpenAI's SDKs and Step Functions. */
export interface ProblemFacts {
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

function fact(
  status: number,
  title: string,
  retryable: boolean,
  openaiType: string,
  taskError: string,
): ProblemFacts {
  return { status, title, retryable, openaiType, taskError };
}
