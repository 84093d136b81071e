import { Duration, Stack, Validations } from "aws-cdk-lib";
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type CorsRule,
  HttpMethods,
  ObjectOwnership,
} from "aws-cdk-lib/aws-s3";
import type { Construct } from "constructs";
import type { Environment } from "./environment-schema.ts";
import { removalPolicyOf } from "./removal-policy.ts";

/** DynamoDB removes what has expired two days later typically, and promises nothing: no record outlives its picture. */
const TIME_TO_LIVE_LAG_DAYS = 7;

/** The bucket of pictures, manifests, results and kept answers: what lies where, and how long. */
export function createBucket(scope: Construct, environment: Environment): Bucket {
  const bucket = new Bucket(scope, "Bucket", {
    blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
    objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
    encryption: BucketEncryption.S3_MANAGED,
    enforceSSL: true,
    minimumTLSVersion: 1.2,
    // A key is written once, and a DELETE must remove the picture for good: old versions would keep it.
    versioned: false,
    lifecycleRules: [
      {
        id: "pictures-end-with-their-record",
        prefix: "generations/",
        expiration: Duration.days(environment.retentionDays + TIME_TO_LIVE_LAG_DAYS),
      },
      {
        id: "unverified-files-end-with-their-record",
        prefix: "unverified/",
        expiration: Duration.days(environment.retentionDays),
      },
      {
        id: "manifests-end-with-their-batch",
        prefix: "manifests/",
        expiration: Duration.days(environment.retentionDays),
      },
      {
        id: "results-end-with-their-batch",
        prefix: "results/",
        expiration: Duration.days(environment.retentionDays),
      },
      // A batch may take a week, and the answer of its last call a day more.
      { id: "invalid-lines-last-until-the-results", prefix: "batches/", expiration: Duration.days(30) },
      { id: "answers-wait-for-the-operator", prefix: "answers/", expiration: Duration.days(30) },
      { id: "abandoned-uploads", abortIncompleteMultipartUploadAfter: Duration.days(1) },
    ],
    removalPolicy: removalPolicyOf(environment),
    // Presigned addresses lead here: pages that may call the API may fetch what it names.
    cors: [consoleRule(scope), ...corsRules(environment)],
    // CloudFormation deletes no bucket that holds anything. `local` goes with its emulator.
    autoDeleteObjects: !environment.keepData && environment.name !== "local",
  });
  Validations.of(bucket).acknowledge({
    id: "AwsSolutions-S1",
    reason:
      "Pictures are read through presigned URLs, whose query string is a bearer token: server access logs would write it down. The API's own access log says who asked for which picture.",
  });
  return bucket;
}

/**
 * The console saves pictures as files, and puts manifests there. Its host has an id that only the API knows, which
 * needs this bucket first. The rule gives nobody a picture or a place: each takes a signature all the same.
 */
function consoleRule(scope: Construct): CorsRule {
  const { region, urlSuffix } = Stack.of(scope);
  return {
    allowedMethods: [HttpMethods.GET, HttpMethods.HEAD, HttpMethods.PUT],
    allowedOrigins: [`https://*.execute-api.${region}.${urlSuffix}`],
    maxAge: 3600,
  };
}

function corsRules({ corsOrigins }: Environment): CorsRule[] {
  if (corsOrigins.length === 0) return [];
  return [
    {
      // PUT for manifests of batches.
      allowedMethods: [HttpMethods.GET, HttpMethods.HEAD, HttpMethods.PUT],
      allowedOrigins: [...corsOrigins],
      allowedHeaders: ["*"],
      exposedHeaders: ["Content-Disposition", "Content-Length", "Content-Range", "ETag"],
      maxAge: 3600,
    },
  ];
}
