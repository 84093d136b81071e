import type { OperatorFault, Rejection } from "../port.ts";

/**
 * What a refusal by the provider means: whose fault it is, and whether asking again may help.
 *
 * Source: https://www.alibabacloud.com/help/en/model-studio/error-code and what users met in production. The order is
 * exact code, then (for the one code that needs it) the message, then the HTTP status. Codes are compared as they are,
 * case included: a code that nobody has seen yet is decided by its status.
 *
 * The rule for doubt: there is no idempotency key, and a call whose answer was lost may have been billed. So whenever an
 * answer could mean either "refused, try again" or "lost", it is `unknown`, because resending may buy a second image.
 */

/** The image may have been painted and billed. */
export interface UnknownOutcome {
  readonly outcome: "unknown";
}

export type Classification = Rejection | UnknownOutcome;

const UNKNOWN: UnknownOutcome = { outcome: "unknown" };
const CALLER: Rejection = {
  outcome: "rejected",
  problem: "provider_rejected",
  retry: "never",
  fault: "caller",
};
const CONTENT: Rejection = {
  outcome: "rejected",
  problem: "content_rejected",
  retry: "never",
  fault: "content",
};
const PACING: Rejection = {
  outcome: "rejected",
  problem: "provider_throttled",
  retry: "throttled",
  fault: "pacing",
};

/** A refusal that only the operator can mend. */
export function misconfigured(operatorFault: OperatorFault): Rejection {
  return {
    outcome: "rejected",
    problem: "provider_misconfigured",
    retry: "never",
    fault: "operator",
    operatorFault,
  };
}

/** A failure on the provider's side that is known to have painted nothing. */
export function unavailable(retry: "once" | "twice" | "always"): Rejection {
  return { outcome: "rejected", problem: "provider_unavailable", retry, fault: "provider" };
}

interface Row {
  readonly means: Rejection;
  readonly codes: readonly string[];
  /** The 5xx statuses at which the codes are believed; under any other 5xx the outcome is unknown. Absent: under all but 504. */
  readonly serverStatuses?: readonly number[];
}

const ROWS: readonly Row[] = [
  {
    means: CALLER,
    codes: [
      "InvalidParameter",
      "InvalidURL",
      "UnsupportedOperation",
      "InternalError.Algo.InvalidParameter",
      "BadRequest.TooLarge",
    ],
  },
  {
    means: CONTENT,
    codes: [
      "DataInspectionFailed",
      "data_inspection_failed",
      "InternalError.Algo.DataInspectionFailed",
      "IPInfringementSuspect",
      "FaqRuleBlocked",
      "CustomRoleBlocked",
    ],
  },
  {
    means: misconfigured("money"),
    codes: [
      "Arrearage",
      "AllocationQuota.FreeTierOnly",
      "CommodityNotPurchased",
      "PrepaidBillOverdue",
      "PostpaidBillOverdue",
    ],
  },
  { means: misconfigured("key"), codes: ["InvalidApiKey", "invalid_api_key", "NOT AUTHORIZED"] },
  {
    means: misconfigured("permission"),
    codes: ["AccessDenied", "AccessDenied.Unpurchased", "Model.AccessDenied", "Workspace.AccessDenied"],
  },
  {
    means: misconfigured("model"),
    codes: ["ModelNotFound", "model_not_found", "WorkSpaceNotFound", "NotFound"],
  },
  {
    means: PACING,
    codes: [
      "Throttling",
      "Throttling.RateQuota",
      "Throttling.BurstRate",
      "Throttling.Concurrency",
      "Throttling.ResourceExhausted",
      "LimitRequests",
      "limit_requests",
      "limit_burst_rate",
      "insufficient_quota",
    ],
  },
  {
    means: unavailable("once"),
    codes: [
      "RequestTimeOut",
      "InternalError.Timeout",
      "InternalError.Upload",
      "InternalError.FileUpload",
      "RewriteFailed",
    ],
    serverStatuses: [500],
  },
  {
    means: unavailable("twice"),
    codes: ["InternalError", "internal_error", "SystemError", "ModelServiceFailed", "InternalError.Algo"],
    serverStatuses: [500],
  },
  {
    means: unavailable("always"),
    codes: ["ModelServingError", "ModelUnavailable"],
    serverStatuses: [500, 503],
  },
];

const BY_CODE: ReadonlyMap<string, Row> = new Map(
  ROWS.flatMap((row) => row.codes.map((code) => [code, row] as const)),
);

/** The only families matched by prefix. Elsewhere a prefix misleads: InternalError.Algo.DataInspectionFailed is a content refusal. */
const CALLER_FAMILIES = ["InvalidParameter.", "BadRequest."];

/** The newer vocabulary names its status, which tells the meaning even where the answer came with HTTP 200. */
const STATUS_OF_NEWER_CODE: ReadonlyMap<string, number> = new Map([
  ["BadRequestError", 400],
  ["AuthenticationError", 401],
  ["PermissionDeniedError", 403],
  ["NotFoundError", 404],
  ["RequestTooLargeError", 413],
  ["RateLimitError", 429],
  ["InternalServerError", 500],
  ["GatewayTimeoutError", 504],
]);

/**
 * Classifies an answer that carries no image. `code` is null where the body is not JSON or has none.
 * Never throws; every combination has an outcome.
 */
export function classifyError(answer: {
  readonly status: number;
  readonly code: string | null;
  readonly message: string | null;
}): Classification {
  // A gateway that gave up waiting knows nothing of the picture, whatever code it sends along.
  if (answer.status === 504) return UNKNOWN;
  if (answer.code === null) return byStatus(answer.status);
  return (
    byCode(answer.code, answer.message, answer.status) ?? byStatus(errorStatus(answer.code, answer.status))
  );
}

function byCode(code: string, message: string | null, status: number): Classification | null {
  // One code, two meanings: a bill that is due, or a pace that was too quick. Both messages share their last words.
  if (code === "Throttling.AllocationQuota")
    return /free allocated quota/i.test(message ?? "") ? misconfigured("money") : PACING;
  // Older pages list it (sic) as a 400 for a bad request; in the newer vocabulary it is a true 503.
  if (code === "ServiceUnavailableError") return status === 400 ? CALLER : null;
  const row = BY_CODE.get(code);
  if (row !== undefined) {
    const believed = status < 500 || (row.serverStatuses?.includes(status) ?? true);
    return believed ? row.means : UNKNOWN;
  }
  return CALLER_FAMILIES.some((family) => code.startsWith(family)) ? CALLER : null;
}

/** The status that counts: an answer outside 4xx and 5xx says nothing by its status, only by a code that names one. */
function errorStatus(code: string, status: number): number {
  return status < 400 ? (STATUS_OF_NEWER_CODE.get(code) ?? status) : status;
}

function byStatus(status: number): Classification {
  switch (status) {
    case 401:
      return misconfigured("key");
    case 402:
      return misconfigured("money");
    case 403:
      return misconfigured("permission");
    case 404:
      return misconfigured("model");
    // A proxy that waited for something: for the request or for its answer, it does not say.
    case 408:
    case 499:
      return UNKNOWN;
    case 429:
      return PACING;
    default:
      // 2xx without an image, 3xx from something that is not the API, and every 5xx without a code of the table.
      return status >= 400 && status < 500 ? CALLER : UNKNOWN;
  }
}
