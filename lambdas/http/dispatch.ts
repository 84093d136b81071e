import { ServiceError } from "../platform/service-error.ts";
import type { ApiRequest } from "./api-request.ts";
import type { Operation } from "./operation.ts";
import { quotaHeaders, secondsUntil } from "./quota-headers.ts";
import { empty, type Reply, refusal } from "./reply.ts";
import type { RequestCount, RequestLimits } from "./request-limits.ts";
import { match } from "./router.ts";

/** What stands before the operations, whatever they are. */
export interface Gate {
  readonly limits: RequestLimits;
  readonly requestsPerMinute: number;
  readonly now: () => number;
  readonly signal: (
    name: "RequestsRateLimited" | "InternalErrors",
    fields?: Readonly<Record<string, unknown>>,
  ) => void;
}

/**
 * Answers a request: within its owner's limit, by the operation at its path. Never throws: whatever the limit, the
 * operation or `timeIsUp` throws becomes a refusal here, and nowhere else.
 */
export async function dispatch<Needs>(
  operations: readonly Operation<Needs>[],
  request: ApiRequest,
  needs: Needs & Gate,
  timeIsUp: Promise<never>,
): Promise<Reply> {
  const { caller } = request;
  let quota: Readonly<Record<string, string>> = {};
  let hasBegun = false;

  async function answer(): Promise<Reply> {
    if (caller !== null) {
      const count = await needs.limits.count(caller.owner);
      quota = quotaHeaders(count, needs.requestsPerMinute, needs.now());
      if (count.used > needs.requestsPerMinute) throw overLimit(count, needs);
    }
    hasBegun = true;
    return route(operations, request, needs);
  }

  try {
    const reply = await Promise.race([answer(), timeIsUp]);
    return { ...reply, headers: { ...quota, ...reply.headers } };
  } catch (error) {
    if (error instanceof ServiceError) return refusal(error, request, quota);
    report(error, needs);
    return refusal(hasBegun && request.method === "POST" ? halfDone() : error, request, quota);
  }
}

async function route<Needs>(
  operations: readonly Operation<Needs>[],
  request: ApiRequest,
  needs: Needs,
): Promise<Reply> {
  const found = match(operations, request.method, request.path);
  if (found.kind === "operation") return found.operation.run({ request, ...found.parts }, needs);
  if (found.kind === "nothing")
    throw new ServiceError("not_found", { detail: "There is nothing at this path." });
  const allow = { Allow: [...found.methods, "OPTIONS"].join(", ") };
  if (request.method === "OPTIONS") return empty(204, allow);
  const detail = `${request.method} is not possible here; ${found.methods.join(", ")} is.`;
  return refusal(new ServiceError("method_not_allowed", { detail }), request, allow);
}

function overLimit(count: RequestCount, { requestsPerMinute, now, signal }: Gate): ServiceError {
  signal("RequestsRateLimited");
  return new ServiceError("rate_limited", {
    detail: `You may make ${requestsPerMinute} requests a minute. Nothing was accepted.`,
    retryAfterSeconds: secondsUntil(count.resetsAt, now()),
  });
}

/** A creation that failed somewhere inside may have been accepted all the same: nobody may call it free. */
function halfDone(): ServiceError {
  return new ServiceError("internal", {
    detail: "The service failed; repeat a creation with the same Idempotency-Key, it may have been accepted.",
    billed: "unknown",
  });
}

/** Tells the operator of a failure: its kind and place, never its message, which may quote what a caller sent. */
function report(error: unknown, { signal }: Gate): void {
  const places =
    error instanceof Error ? (error.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line)) : [];
  signal("InternalErrors", { error: error instanceof Error ? error.name : typeof error, stack: places });
}
