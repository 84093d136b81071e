import { PROBLEMS } from "../platform/problem-table.ts";
import { toProblem } from "../platform/problems.ts";
import { ServiceError } from "../platform/service-error.ts";
import type { ApiRequest } from "./api-request.ts";

/** An answer, before the headers that every answer carries. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** An answer in JSON. */
export function json(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Reply {
  return {
    status,
    headers: { "Content-Type": "application/json", "Cache-Control": "no-store", ...headers },
    body: JSON.stringify(body),
  };
}

/** An answer without a body. */
export function empty(status: number, headers: Readonly<Record<string, string>> = {}): Reply {
  return { status, headers: { "Cache-Control": "no-store", ...headers }, body: "" };
}

const THROTTLED_RETRY_SECONDS = 30;

/** The problem document that anything thrown becomes. */
export function refusal(
  thrown: unknown,
  { id, root }: Pick<ApiRequest, "id" | "root">,
  headers: Readonly<Record<string, string>> = {},
): Reply {
  const problem = toProblem(thrown, id, root);
  const retryAfter =
    (thrown instanceof ServiceError ? thrown.extras.retryAfterSeconds : undefined) ??
    (problem.code === "provider_throttled" ? THROTTLED_RETRY_SECONDS : undefined);
  return {
    status: problem.status,
    headers: {
      "Content-Type": "application/problem+json",
      "Cache-Control": "no-store",
      ...(problem.status === PROBLEMS.unauthorized.status && { "WWW-Authenticate": "Bearer" }),
      ...(retryAfter !== undefined && { "Retry-After": String(retryAfter) }),
      ...headers,
    },
    body: JSON.stringify(problem),
  };
}
