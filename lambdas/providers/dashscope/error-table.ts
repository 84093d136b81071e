import type { OperatorFault, Rejection } from "../port.ts";

/**
 * What a refusal by the provider means: whose fault it is, and whether asking again may help.
 *
 * Source: https://www.alibabacloud.com/help/en/model-studio/error-code and what users met in production. The order is
 * exact code, then (for the one code that needs it) the message, then the HTTP status. Codes are compared as they are,
 * case included: an unknown code is decided by its status.
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
export function misconfigured(operatorFault: OperatorFault, proof: "code" | "status" = "code"): Rejection {
  return {
    outcome: "rejected",
    problem: "provider_misconfigured",
    retry: "never",
    fault: "operator",
    operatorFault,
    proof,
  };
}

/** A failure on the provider's side that is known to have painted nothing. */
export function unavailable(retry: "once" | "twice" | "always"): Rejection {
  return { outcome: "rejected", problem: "provider_unavailable", retry, fault: "provider" };
}

interface Row {
  readonly means: Classification;
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
      "Throttling.AllocationQuota",
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
    // Painting may have begun, or ended without its upload. The provider does not say that such a call is free.
    means: UNKNOWN,
    codes: ["RequestTimeOut", "InternalError.Timeout", "InternalError.Upload", "InternalError.FileUpload"],
  },
  // The prompt is rewritten before anything is painted.
  { means: unavailable("once"), codes: ["RewriteFailed"], serverStatuses: [500] },
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
  if (GAVE_UP_WAITING.includes(answer.status)) return UNKNOWN;
  const means = byCodeOrStatus(answer.code, answer.status);
  // One code, two meanings: a pace that was too quick, or a plan that is used up until it is paid for.
  return means === PACING && USED_UP.test(answer.message ?? "") ? misconfigured("money") : means;
}

const GAVE_UP_WAITING: readonly number[] = [408, 499, 504];

/** "Free allocated quota exceeded", "…1-month quota has been exhausted"; pace says "Allocated quota exceeded". */
const USED_UP = /free (?:allocated |tier )?quota|quota (?:has been|is|was) (?:exhausted|used up)/i;

function byCodeOrStatus(code: string | null, status: number): Classification {
  if (code === null) return byStatus(status, "status");
  const proof = STATUS_OF_NEWER_CODE.has(code) ? "code" : "status";
  return byCode(code, status) ?? byStatus(errorStatus(code, status), proof);
}

function byCode(code: string, status: number): Classification | null {
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

function byStatus(status: number, proof: "code" | "status"): Classification {
  switch (status) {
    case 401:
      return misconfigured("key", proof);
    case 402:
      return misconfigured("money", proof);
    case 403:
      return misconfigured("permission", proof);
    case 404:
      return misconfigured("model", proof);
    case 429:
      return PACING;
    default:
      // 2xx without an image, 3xx from something that is not the API, and every 5xx without a code of the table.
      return status >= 400 && status < 500 ? CALLER : UNKNOWN;
  }
}
