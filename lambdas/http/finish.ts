import type { APIGatewayProxyResult } from "aws-lambda";
import type { ApiRequest } from "./api-request.ts";
import type { Reply } from "./reply.ts";
import { SECURITY_HEADERS } from "./security-headers.ts";

/** What pages of an allowed origin may read besides the body. */
const EXPOSED = [
  "ETag",
  "Idempotent-Replayed",
  "Link",
  "Location",
  "Preference-Applied",
  "RateLimit",
  "RateLimit-Policy",
  "Retry-After",
  "x-digital-source-type",
  "x-generation-id",
  "x-image-size",
  "x-request-id",
].join(", ");

/** The star covers what SDKs add; only Authorization has to be named. */
const ALLOWED_HEADERS = "Authorization, *";

const NOTHING_RUNS = { "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'" };

/** Adds what every answer carries, whatever it is. */
export function finish(
  reply: Reply,
  request: Pick<ApiRequest, "id" | "method" | "headers">,
  corsOrigins: readonly string[],
): APIGatewayProxyResult {
  return {
    statusCode: reply.status,
    headers: {
      ...SECURITY_HEADERS,
      ...NOTHING_RUNS,
      ...corsHeaders(request, corsOrigins),
      ...reply.headers,
      "x-request-id": request.id,
    },
    body: request.method === "HEAD" ? "" : reply.body,
  };
}

function corsHeaders(
  { headers, method }: Pick<ApiRequest, "method" | "headers">,
  allowed: readonly string[],
): Record<string, string> {
  if (allowed.length === 0) return {};
  const origin = headers["origin"];
  if (origin === undefined || !allowed.includes(origin)) return { Vary: "Origin" };
  return {
    Vary: "Origin",
    "Access-Control-Allow-Origin": origin,
    "Access-Control-Expose-Headers": EXPOSED,
    ...(method === "OPTIONS" && {
      "Access-Control-Allow-Methods": "GET, HEAD, POST, DELETE",
      "Access-Control-Allow-Headers": ALLOWED_HEADERS,
      "Access-Control-Max-Age": "3600",
    }),
  };
}
