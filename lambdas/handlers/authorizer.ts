import { injectLambdaContext } from "@aws-lambda-powertools/logger/middleware";
import middy from "@middy/core";
import { authorize } from "../api-keys/authorize.ts";
import { createApiKeyStore } from "../api-keys/table.ts";
import { documents } from "../platform/clients/documents.ts";
import { required } from "../platform/environment.ts";
import { logger, toldOfEnd } from "../platform/observe.ts";

/** Tells API Gateway whose key a request carries. */
export const handler = middy(authorize(createApiKeyStore(documents, required("TABLE_NAME"), Date.now)))
  .use(injectLambdaContext(logger))
  .use(toldOfEnd);
