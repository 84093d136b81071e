/** An answer of the provider that is no picture. */
export interface ProviderError {
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

const throttled = "Requests rate limit exceeded, please try again later.";
const refusedContent = "Input text data may contain inappropriate content.";
const purchase = "The bill of the service is overdue or the service has not been purchased.";

const table: readonly (readonly [status: number, message: string, codes: readonly string[]])[] = [
  [
    400,
    "The request parameter is invalid.",
    [
      "InvalidParameter",
      "InvalidParameter.DataInspection",
      "BadRequest.EmptyInput",
      "InvalidURL",
      "UnsupportedOperation",
      "ServiceUnavailableError",
      "InternalError.Algo.InvalidParameter",
      "BadRequestError",
    ],
  ],
  [
    400,
    refusedContent,
    [
      "DataInspectionFailed",
      "data_inspection_failed",
      "InternalError.Algo.DataInspectionFailed",
      "IPInfringementSuspect",
      "FaqRuleBlocked",
      "CustomRoleBlocked",
    ],
  ],
  [400, "Access denied, please make sure your account is in good standing.", ["Arrearage"]],
  [
    401,
    "Invalid API-key provided.",
    ["InvalidApiKey", "invalid_api_key", "NOT AUTHORIZED", "AuthenticationError"],
  ],
  [
    403,
    "Access denied.",
    [
      "AccessDenied",
      "AccessDenied.Unpurchased",
      "Model.AccessDenied",
      "Workspace.AccessDenied",
      "AllocationQuota.FreeTierOnly",
      "PermissionDeniedError",
    ],
  ],
  [404, "Model not exist.", ["ModelNotFound", "model_not_found"]],
  [404, "Not found.", ["WorkSpaceNotFound", "NotFound", "NotFoundError"]],
  [408, "Request timed out, please try again later.", ["RequestTimeOut"]],
  [500, "Request timed out, please try again later.", ["RequestTimeOut", "InternalError.Timeout"]],
  [413, "The request is too large.", ["BadRequest.TooLarge", "RequestTooLargeError"]],
  [
    429,
    throttled,
    [
      "Throttling",
      "Throttling.RateQuota",
      "Throttling.BurstRate",
      "Throttling.Concurrency",
      "Throttling.ResourceExhausted",
      "LimitRequests",
      "limit_requests",
      "limit_burst_rate",
      "insufficient_quota",
      "RateLimitError",
    ],
  ],
  [429, "Allocated quota exceeded, please increase your quota limit.", ["Throttling.AllocationQuota"]],
  [429, "Free allocated quota exceeded.", ["Throttling.AllocationQuota"]],
  [429, purchase, ["CommodityNotPurchased", "PrepaidBillOverdue", "PostpaidBillOverdue"]],
  [
    500,
    "An internal error has occurred, please try again later.",
    [
      "InternalError",
      "internal_error",
      "SystemError",
      "ModelServiceFailed",
      "InternalError.Algo",
      "InternalServerError",
    ],
  ],
  [
    500,
    "The result could not be prepared.",
    ["InternalError.Upload", "InternalError.FileUpload", "RewriteFailed"],
  ],
  [500, "The model is unavailable, please try again later.", ["ModelServingError", "ModelUnavailable"]],
  [
    503,
    "The model is unavailable, please try again later.",
    ["ModelServingError", "ModelUnavailable", "ServiceUnavailableError"],
  ],
  [504, "The gateway timed out.", ["GatewayTimeoutError"]],
];

/** Every error the provider is known to answer, for tests that go through them all. */
export const providerErrors: readonly ProviderError[] = table.flatMap(([status, message, codes]) =>
  codes.map((code) => ({ status, code, message })),
);

/** What the provider would say with this code; an unknown code gets a plain sentence. */
export function usualMessage(status: number, code: string): string {
  const known = providerErrors.find((candidate) => candidate.status === status && candidate.code === code);
  return known?.message ?? "The request was not served.";
}

/** A refusal for the rate, the one the quota gives. */
export const rateQuota: ProviderError = { status: 429, code: "Throttling.RateQuota", message: throttled };
