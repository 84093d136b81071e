import { injectLambdaContext } from "@aws-lambda-powertools/logger/middleware";
import middy from "@middy/core";
import { required } from "../environment.ts";
import { logger } from "../observe.ts";
import { createApiKeyStore } from "../store/api-keys.ts";
import { documentClient } from "../store/dynamodb.ts";
import { authorize } from "./authorize.ts";

/** Tells API Gateway whose key a request carries. */
export const handler = middy(
  authorize(createApiKeyStore(documentClient(), required("TABLE_NAME"), Date.now)),
).use(injectLambdaContext(logger));
