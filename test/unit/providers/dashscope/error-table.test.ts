import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { classifyError } from "../../../../lambdas/providers/dashscope/error-table.ts";

/** The table of the provider's error page and of what production added, written out by hand. */
const content = "content_rejected never content";
const caller = "provider_rejected never caller";
const key = "provider_misconfigured never operator key";
const permission = "provider_misconfigured never operator permission";
const money = "provider_misconfigured never operator money";
const model = "provider_misconfigured never operator model";
const throttled = "provider_throttled throttled pacing";
const once = "provider_unavailable once provider";
const twice = "provider_unavailable twice provider";
const always = "provider_unavailable always provider";

const rows: [status: number, code: string, meaning: string, message?: string][] = [
  [400, "InvalidParameter", caller],
  [400, "InvalidParameter.DataInspection", caller],
  [400, "InvalidParameter.Size.Unsupported", caller],
  [400, "BadRequest.EmptyInput", caller],
  [400, "BadRequest.IllegalInput", caller],
  [400, "InvalidURL", caller],
  [400, "UnsupportedOperation", caller],
  [400, "ServiceUnavailableError", caller],
  [400, "InternalError.Algo.InvalidParameter", caller],
  [500, "InternalError.Algo.InvalidParameter", caller],
  [400, "DataInspectionFailed", content],
  [400, "data_inspection_failed", content],
  [400, "InternalError.Algo.DataInspectionFailed", content],
  [500, "InternalError.Algo.DataInspectionFailed", content],
  [400, "IPInfringementSuspect", content],
  [400, "FaqRuleBlocked", content],
  [400, "CustomRoleBlocked", content],
  [400, "Arrearage", money],
  [403, "Arrearage", money],
  [401, "InvalidApiKey", key],
  [401, "invalid_api_key", key],
  [401, "NOT AUTHORIZED", key],
  [403, "AccessDenied", permission],
  [403, "AccessDenied.Unpurchased", permission],
  [403, "Model.AccessDenied", permission],
  [403, "Workspace.AccessDenied", permission],
  [403, "AllocationQuota.FreeTierOnly", money],
  [404, "ModelNotFound", model],
  [404, "model_not_found", model],
  [404, "WorkSpaceNotFound", model],
  [404, "NotFound", model],
  [408, "RequestTimeOut", "unknown"],
  [500, "RequestTimeOut", "unknown"],
  [408, "InternalError.Timeout", "unknown"],
  [500, "InternalError.Timeout", "unknown"],
  [413, "BadRequest.TooLarge", caller],
  [429, "Throttling", throttled],
  [429, "Throttling.RateQuota", throttled],
  [429, "Throttling.BurstRate", throttled],
  [429, "Throttling.Concurrency", throttled],
  [429, "Throttling.ResourceExhausted", throttled],
  [429, "LimitRequests", throttled],
  [429, "limit_requests", throttled],
  [429, "limit_burst_rate", throttled],
  [429, "insufficient_quota", throttled],
  [
    429,
    "Throttling.AllocationQuota",
    throttled,
    "Allocated quota exceeded, please increase your quota limit.",
  ],
  [429, "Throttling.AllocationQuota", money, "Free allocated quota exceeded."],
  [429, "Throttling.AllocationQuota", money, "Your 1-month quota has been exhausted."],
  [429, "insufficient_quota", money, "The free quota has been exhausted."],
  [429, "insufficient_quota", throttled, "You exceeded your current quota, please check your plan."],
  [429, "RateLimitError", money, "The quota has been used up."],
  [429, "CommodityNotPurchased", money],
  [429, "PrepaidBillOverdue", money],
  [429, "PostpaidBillOverdue", money],
  [500, "InternalError", twice],
  [500, "internal_error", twice],
  [500, "SystemError", twice],
  [500, "ModelServiceFailed", twice],
  [500, "InternalError.Algo", twice],
  [500, "InternalError.Upload", "unknown"],
  [500, "InternalError.FileUpload", "unknown"],
  [500, "RewriteFailed", once],
  [500, "ModelServingError", always],
  [503, "ModelServingError", always],
  [500, "ModelUnavailable", always],
  [503, "ModelUnavailable", always],
  // An HTTP 200 with a code: the code alone counts.
  [200, "InvalidParameter", caller],
  [200, "DataInspectionFailed", content],
  [200, "Throttling.RateQuota", throttled],
  [200, "InternalError", twice],
  [200, "Arrearage", money],
  // The newer vocabulary is read by its status.
  [400, "BadRequestError", caller],
  [401, "AuthenticationError", key],
  [403, "PermissionDeniedError", permission],
  [404, "NotFoundError", model],
  [413, "RequestTooLargeError", caller],
  [429, "RateLimitError", throttled],
  [500, "InternalServerError", "unknown"],
  [503, "ServiceUnavailableError", "unknown"],
  [504, "GatewayTimeoutError", "unknown"],
  [200, "BadRequestError", caller],
  [200, "RateLimitError", throttled],
  [200, "InternalServerError", "unknown"],
  [200, "GatewayTimeoutError", "unknown"],
  [200, "ServiceUnavailableError", "unknown"],
  // A proxy that gave up waiting knows nothing, whatever code it sends along.
  [408, "InternalError", "unknown"],
  [499, "InternalError", "unknown"],
  // Codes that nobody has seen fall back to the status.
  [400, "SomethingNew", caller],
  [409, "SomethingNew", caller],
  [401, "SomethingNew", key],
  [402, "SomethingNew", money],
  [403, "SomethingNew", permission],
  [404, "SomethingNew", model],
  [408, "SomethingNew", "unknown"],
  [413, "SomethingNew", caller],
  [429, "SomethingNew", throttled],
  [499, "SomethingNew", "unknown"],
  [500, "SomethingNew", "unknown"],
  [502, "SomethingNew", "unknown"],
  [503, "SomethingNew", "unknown"],
  [200, "SomethingNew", "unknown"],
  [302, "SomethingNew", "unknown"],
  // Exact means exact: neither case nor prefix is guessed.
  [500, "INTERNALERROR", "unknown"],
  [500, "InternalError.Algo.SomethingNew", "unknown"],
  [500, "InternalError.SomethingNew", "unknown"],
  [500, "InvalidParameters", "unknown"],
  [500, "BadRequestError", "unknown"],
  [429, "arrearage", throttled],
  // A server status that the table does not list for a code: the answer may be lost.
  [502, "InternalError", "unknown"],
  [503, "InternalError", "unknown"],
  [503, "RequestTimeOut", "unknown"],
  [502, "ModelUnavailable", "unknown"],
  [503, "Throttling.RateQuota", throttled],
  // 504 is unknown, whatever it carries.
  [504, "InternalError.Timeout", "unknown"],
  [504, "RequestTimeOut", "unknown"],
  [504, "InvalidParameter", "unknown"],
  [504, "Throttling", "unknown"],
];

function told(classification: ReturnType<typeof classifyError>): string {
  if (classification.outcome === "unknown") return "unknown";
  const { problem, retry, fault } = classification;
  const operatorFault = "operatorFault" in classification ? ` ${classification.operatorFault}` : "";
  return `${problem} ${retry} ${fault}${operatorFault}`;
}

describe("the error table", () => {
  test.each(rows)("%i %s is %s %s", (status, code, meaning, message) => {
    expect(told(classifyError({ status, code, message: message ?? null }))).toBe(meaning);
  });

  test.each([
    [200, "unknown"],
    [204, "unknown"],
    [301, "unknown"],
    [307, "unknown"],
    [400, caller],
    [401, key],
    [403, permission],
    [404, model],
    [405, caller],
    [408, "unknown"],
    [413, caller],
    [429, throttled],
    [500, "unknown"],
    [502, "unknown"],
    [503, "unknown"],
    [504, "unknown"],
    [524, "unknown"],
  ])("%i without a code is %s", (status, meaning) => {
    expect(told(classifyError({ status, code: null, message: null }))).toBe(meaning);
  });

  test("a due bill is told from pace in whichever case its message comes", () => {
    const code = "Throttling.AllocationQuota";
    expect(told(classifyError({ status: 429, code, message: "free ALLOCATED quota exceeded" }))).toBe(money);
    expect(told(classifyError({ status: 429, code, message: null }))).toBe(throttled);
  });

  test.each([
    [403, "AccessDenied", "code"],
    [401, "AuthenticationError", "code"],
    [200, "PermissionDeniedError", "code"],
    [403, "SomethingNew", "status"],
    [401, null, "status"],
    [402, null, "status"],
    [403, null, "status"],
    [404, null, "status"],
  ])("%i %s is proven to be the operator's fault by its %s", (status, code, proof) => {
    expect(classifyError({ status, code, message: null })).toMatchObject({ fault: "operator", proof });
  });

  test("no 5xx is ever retried unless its exact code is in the table", () => {
    const known = new Set(rows.map(([, code]) => code));
    fc.assert(
      fc.property(fc.integer({ min: 500, max: 599 }), fc.string(), (status, code) => {
        fc.pre(!known.has(code) && !/^(InvalidParameter|BadRequest)\./.test(code));
        expect(classifyError({ status, code, message: code }).outcome).toBe("unknown");
      }),
    );
  });
});
