import { ResponseType, type RestApi } from "aws-cdk-lib/aws-apigateway";
import { SECURITY_HEADERS } from "../lambdas/http/security-headers.ts";
import type { ProblemCode } from "../lambdas/platform/problem-table.ts";
import { problemOf } from "../lambdas/platform/problems.ts";
import type { Environment } from "./environment-schema.ts";

/** One of API Gateway's own refusals, in the words of our problem documents. */
interface Refusal {
  readonly type: ResponseType;
  readonly code: ProblemCode;
  readonly detail: string;
  /** Where the gateway's status says more than the code's own. */
  readonly status?: number;
  readonly billed?: "unknown";
  readonly headers?: Readonly<Record<string, string>>;
}

/** Fixed values, as API Gateway wants them: none of them may hold a quote itself. */
const quoted = (headers: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, `'${value}'`]));

/** Kept as it is: only what a function answers has its `WWW-Authenticate` renamed to `x-amzn-Remapped-…`. */
const challenge = (scheme: string) => ({ "WWW-Authenticate": `'${scheme}'` });
const signed = challenge("AWS4-HMAC-SHA256");

function refusals({ authentication }: Environment): Refusal[] {
  const noSuchPath = "There is nothing at this path.";
  return [
    {
      type: ResponseType.UNAUTHORIZED,
      code: "unauthorized",
      detail: "Send a valid API key as `Authorization: Bearer KEY`.",
      headers: challenge("Bearer"),
    },
    { type: ResponseType.ACCESS_DENIED, code: "forbidden", detail: "This caller may not do this." },
    {
      type: ResponseType.INVALID_SIGNATURE,
      code: "forbidden",
      detail: "The request's signature is not valid.",
    },
    { type: ResponseType.EXPIRED_TOKEN, code: "forbidden", detail: "The credentials have expired." },
    { type: ResponseType.INVALID_API_KEY, code: "forbidden", detail: "The API key is not valid." },
    { type: ResponseType.WAF_FILTERED, code: "forbidden", detail: "The request was refused by a filter." },
    // The gateway's words for a path or method that it does not know, and, with SigV4, for a request without one.
    authentication === "iam"
      ? {
          type: ResponseType.MISSING_AUTHENTICATION_TOKEN,
          code: "unauthorized",
          detail: "Sign the request (SigV4).",
          headers: signed,
        }
      : { type: ResponseType.MISSING_AUTHENTICATION_TOKEN, code: "not_found", detail: noSuchPath },
    { type: ResponseType.RESOURCE_NOT_FOUND, code: "not_found", detail: noSuchPath },
    {
      type: ResponseType.THROTTLED,
      code: "rate_limited",
      detail: "The service is asked too often.",
      headers: { "Retry-After": "'1'" },
    },
    {
      type: ResponseType.QUOTA_EXCEEDED,
      code: "rate_limited",
      detail: "The quota of this key is used up.",
      headers: { "Retry-After": "'3600'" },
    },
    { type: ResponseType.REQUEST_TOO_LARGE, code: "payload_too_large", detail: "The request is too large." },
    {
      type: ResponseType.UNSUPPORTED_MEDIA_TYPE,
      code: "unsupported_media_type",
      detail: "Send the body as application/json.",
    },
    { type: ResponseType.BAD_REQUEST_BODY, code: "invalid_request", detail: "The body is not valid." },
    {
      type: ResponseType.BAD_REQUEST_PARAMETERS,
      code: "invalid_request",
      detail: "A parameter is not valid.",
    },
    { type: ResponseType.AUTHORIZER_FAILURE, code: "internal", detail: "The API key could not be checked." },
    {
      type: ResponseType.AUTHORIZER_CONFIGURATION_ERROR,
      code: "internal",
      detail: "The API key could not be checked.",
    },
    {
      type: ResponseType.API_CONFIGURATION_ERROR,
      code: "internal",
      detail: "The service is not set up correctly.",
      // Among others, for an answer of the function that the gateway cannot read.
      billed: "unknown",
    },
    {
      type: ResponseType.INTEGRATION_FAILURE,
      code: "internal",
      detail:
        "The service failed; repeat a creation with the same Idempotency-Key, it may have been accepted.",
      billed: "unknown",
    },
    {
      type: ResponseType.INTEGRATION_TIMEOUT,
      code: "internal",
      status: 500,
      detail:
        "The service did not answer in time; repeat a creation with the same Idempotency-Key, it may have been accepted.",
      billed: "unknown",
    },
    // With SigV4, what comes here is an Authorization header that is no signature, such as an API key.
    authentication === "iam"
      ? {
          type: ResponseType.DEFAULT_4XX,
          code: "unauthorized",
          detail: "Sign the request (SigV4): this API takes signatures, and no keys.",
          headers: signed,
        }
      : {
          type: ResponseType.DEFAULT_4XX,
          code: "invalid_request",
          detail: "The request is not valid.",
          status: 400,
        },
    { type: ResponseType.DEFAULT_5XX, code: "internal", detail: "The service failed.", billed: "unknown" },
  ];
}

/** Makes every answer that API Gateway gives without us a problem document like our own. */
export function addRefusals(api: RestApi, environment: Environment, address: string): void {
  // The emulator is at another address than AWS gives the API.
  const root = environment.name === "local" ? undefined : address;
  for (const { type, code, detail, status, billed, headers } of refusals(environment)) {
    const problem = problemOf(code, { detail, ...(billed && { billed }) }, "$context.requestId", root);
    api.addGatewayResponse(type.responseType, {
      type,
      statusCode: String(status ?? problem.status),
      responseHeaders: {
        ...quoted(SECURITY_HEADERS),
        "Content-Type": "'application/problem+json'",
        "Cache-Control": "'no-store'",
        "x-request-id": "context.requestId",
        // A refusal holds nothing of any owner: every page may read it, where pages may call us at all.
        ...(environment.corsOrigins.length > 0 && { "Access-Control-Allow-Origin": "'*'" }),
        ...headers,
      },
      templates: { "application/json": JSON.stringify({ ...problem, ...(status && { status }) }) },
    });
  }
}
