import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { CALLS } from "./call-limits.ts";

/** The document client that every store shares: one connection pool per function. */
export function documentClient(): DynamoDBDocumentClient {
  return DynamoDBDocumentClient.from(new DynamoDBClient(CALLS), {
    marshallOptions: { removeUndefinedValues: true },
  });
}
