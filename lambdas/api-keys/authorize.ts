import type { APIGatewayAuthorizerResult, APIGatewayTokenAuthorizerEvent } from "aws-lambda";
import type { ApiKeyStore } from "./table.ts";

/**
 * Answers the policy of a key's owner. API Gateway keeps the answer for a while, for whatever the same key asks
 * next, so it allows the whole stage; what an owner may see is decided by the record's owner, not here.
 *
 * @throws Error `Unauthorized`, API Gateway's word for a 401, when the key is missing or not valid
 */
export function authorize(apiKeys: Pick<ApiKeyStore, "find">) {
  return async (event: APIGatewayTokenAuthorizerEvent): Promise<APIGatewayAuthorizerResult> => {
    const key = /^Bearer +(\S{1,200})$/i.exec((event.authorizationToken ?? "").trim())?.[1];
    const apiKey = key === undefined ? null : await apiKeys.find(key);
    if (apiKey === null) throw new Error("Unauthorized");
    return {
      principalId: apiKey.key_owner,
      policyDocument: {
        Version: "2012-10-17",
        Statement: [
          { Effect: "Allow", Action: "execute-api:Invoke", Resource: `${stageOf(event.methodArn)}/*` },
        ],
      },
      context: { owner: apiKey.key_owner, key_id: apiKey.key_id },
    };
  };
}

/** `arn:…:api/stage` of `arn:…:api/stage/METHOD/path`. */
function stageOf(methodArn: string): string {
  return methodArn.split("/").slice(0, 2).join("/");
}
