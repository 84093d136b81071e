import middy from "@middy/core";
import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context } from "aws-lambda";
import type { ApiDependencies } from "../handlers/api-dependencies.ts";
import { ServiceError } from "../platform/problems.ts";
import { readRequest } from "./api-request.ts";
import { dispatch, report } from "./dispatch.ts";
import { finish } from "./finish.ts";
import type { Operation } from "./operation.ts";
import { refusal } from "./reply.ts";

/** What is kept of the function's time for an answer that says it was not enough, in milliseconds. */
const LAST_WORDS_MS = 700;

/** The API's handler. Whatever happens inside, the answer is one of ours. */
export function newHandler(operations: readonly Operation[], dependencies: ApiDependencies) {
  const { corsOrigins } = dependencies;
  return middy<APIGatewayProxyEvent, APIGatewayProxyResult, Error, Context>({
    timeoutEarlyInMillis: LAST_WORDS_MS,
    timeoutEarlyResponse() {
      throw new ServiceError("internal", {
        detail:
          "The service did not answer in time; repeat a creation with the same Idempotency-Key, it may have been accepted.",
        billed: "unknown",
      });
    },
  })
    .onError((request) => {
      const { error } = request;
      if (!(error instanceof ServiceError)) report(error, dependencies);
      const asked = readRequest(request.event, request.context, dependencies);
      request.response = finish(refusal(error, asked.id), asked, corsOrigins);
    })
    .handler(async (event, context) => {
      const request = readRequest(event, context, dependencies);
      return finish(await dispatch(operations, request, dependencies), request, corsOrigins);
    });
}
