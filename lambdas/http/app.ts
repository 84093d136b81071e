import { setTimeout as sleep } from "node:timers/promises";
import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context } from "aws-lambda";
import { ServiceError } from "../platform/service-error.ts";
import { readRequest } from "./api-request.ts";
import type { Authentication } from "./caller.ts";
import { dispatch, type Gate } from "./dispatch.ts";
import { finish } from "./finish.ts";
import type { Operation } from "./operation.ts";

/** What every request needs, whatever its operation. */
export interface Gateway extends Gate {
  readonly authentication: Authentication;
  readonly corsOrigins: readonly string[];
}

/** What is kept of the function's time for an answer that says it was not enough, in milliseconds. */
const LAST_WORDS_MS = 700;

/** The API's handler. Whatever happens inside, the answer is one of ours. */
export function newHandler<Needs>(operations: readonly Operation<Needs>[], needs: NoInfer<Needs> & Gateway) {
  return async (event: APIGatewayProxyEvent, context: Context): Promise<APIGatewayProxyResult> => {
    const request = readRequest(event, context, needs);
    const answered = new AbortController();
    const reply = await dispatch(operations, request, needs, endOfTime(context, answered.signal));
    answered.abort();
    return finish(reply, request, needs.corsOrigins);
  };
}

/** Rejects shortly before the function's time is over, unless it is answered before. */
async function endOfTime(context: Context, signal: AbortSignal): Promise<never> {
  const remaining = context.getRemainingTimeInMillis?.();
  if (remaining === undefined) return new Promise(() => {});
  await sleep(Math.max(0, remaining - LAST_WORDS_MS), undefined, { signal });
  throw new ServiceError("internal", {
    detail:
      "The service did not answer in time; repeat a creation with the same Idempotency-Key, it may have been accepted.",
    billed: "unknown",
  });
}
