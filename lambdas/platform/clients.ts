import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { S3Client } from "@aws-sdk/client-s3";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { SFNClient } from "@aws-sdk/client-sfn";
import { SQSClient } from "@aws-sdk/client-sqs";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { CALLS, PICTURE_CALLS } from "./call-limits.ts";

/**
 * Queues are addressed by their URL. Locally its host is not the one the SDK is told, which it would warn of at every
 * call; the endpoint of the shell is the right one there, and the same in AWS.
 */
const QUEUE_CALLS = { ...CALLS, useQueueUrlAsEndpoint: false };

// One client for each service and process. The marks let the bundler leave out those that a function does not use,
// and their part of the SDK with them.

/** The table's client, with one connection pool for all stores. */
export const documents = /* @__PURE__ */ DynamoDBDocumentClient.from(
  /* @__PURE__ */ new DynamoDBClient(CALLS),
  { marshallOptions: { removeUndefinedValues: true } },
);
export const objects = /* @__PURE__ */ new S3Client(PICTURE_CALLS);
/**
 * Signs addresses that others put objects to. By default the SDK signs the checksum of the body that it knows, which is
 * none, and S3 would refuse every other.
 */
export const uploads = /* @__PURE__ */ new S3Client(/* @__PURE__ */ uploadCalls());
export const queues = /* @__PURE__ */ new SQSClient(QUEUE_CALLS);
export const workflows = /* @__PURE__ */ new SFNClient(CALLS);
export const events = /* @__PURE__ */ new EventBridgeClient(CALLS);
export const secrets = /* @__PURE__ */ new SecretsManagerClient(CALLS);

/** Made by a function: the bundler leaves no client out whose options are spread. */
function uploadCalls() {
  return { ...PICTURE_CALLS, requestChecksumCalculation: "WHEN_REQUIRED" as const };
}
