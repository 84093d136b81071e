import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { CALLS } from "../call-limits.ts";

/** The table's client, with one connection pool for all stores of a process. */
export const documents = DynamoDBDocumentClient.from(new DynamoDBClient(CALLS), {
  marshallOptions: { removeUndefinedValues: true },
});
