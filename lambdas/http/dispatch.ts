import type { ApiDependencies } from "../handlers/api-dependencies.ts";
import { ServiceError } from "../platform/problems.ts";
import type { ApiRequest } from "./api-request.ts";
import type { Operation } from "./operation.ts";
import { quotaHeaders, secondsUntil } from "./quota-headers.ts";
import { empty, type Reply, refusal } from "./reply.ts";
import { match } from "./router.ts";

/** Answers a request: within its owner's limit, by the operation at its path. */
export async function dispatch(
  operations: readonly Operation[],
  request: ApiRequest,
  dependencies: ApiDependencies,
): Promise<Reply> {
  const { caller } = request;
  if (caller === null) return route(operations, request, dependencies);
  const { requestsPerMinute: limit, limits, now, signal } = dependencies;
  const count = await limits.count(caller.owner);
  const quota = quotaHeaders(count, limit, now());
  if (count.used <= limit) {
    const reply = await route(operations, request, dependencies);
    return { ...reply, headers: { ...quota, ...reply.headers } };
  }
  signal("RequestsRateLimited");
  const error = new ServiceError("rate_limited", {
    detail: `You may make ${limit} requests a minute. Nothing was accepted.`,
    retryAfterSeconds: secondsUntil(count.resetsAt, now()),
  });
  return refusal(error, request.id, quota);
}

async function route(
  operations: readonly Operation[],
  request: ApiRequest,
  dependencies: ApiDependencies,
): Promise<Reply> {
  const found = match(operations, request.method, request.path);
  if (found.kind === "nothing")
    return refusal(new ServiceError("not_found", { detail: "There is nothing at this path." }), request.id);
  if (found.kind === "other_methods") {
    const allow = { Allow: [...found.methods, "OPTIONS"].join(", ") };
    if (request.method === "OPTIONS") return empty(204, allow);
    const detail = `${request.method} is not possible here; ${found.methods.join(", ")} is.`;
    return refusal(new ServiceError("method_not_allowed", { detail }), request.id, allow);
  }
  try {
    return await found.operation.run({ request, id: found.id }, dependencies);
  } catch (error) {
    if (error instanceof ServiceError) return refusal(error, request.id);
    report(error, dependencies);
    return refusal(request.method === "POST" ? halfDone() : error, request.id);
  }
}

/** A creation that failed somewhere inside may have been accepted all the same: nobody may call it free. */
function halfDone(): ServiceError {
  return new ServiceError("internal", {
    detail: "The service failed; repeat a creation with the same Idempotency-Key, it may have been accepted.",
    billed: "unknown",
  });
}

/** Tells the operator of a failure: its kind and place, never its message, which may quote what a caller sent. */
export function report(error: unknown, { signal }: Pick<ApiDependencies, "signal">): void {
  const places =
    error instanceof Error ? (error.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line)) : [];
  signal("InternalErrors", { error: error instanceof Error ? error.name : typeof error, stack: places });
}
