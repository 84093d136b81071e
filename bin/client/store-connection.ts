import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { S3Client } from "@aws-sdk/client-s3";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { environmentNamed } from "../../lib/config.ts";
import type { EnvironmentName } from "../../lib/environment-schema.ts";
import { emulatorCredentials } from "../local/surroundings.ts";
import { localStack } from "./connection.ts";
import { deployedOutputs, output } from "./deployed-stack.ts";

/** Where an environment keeps what it remembers. */
export interface StoreConnection {
  readonly documents: DynamoDBDocumentClient;
  readonly objects: S3Client;
  readonly table: string;
  readonly bucket: string;
  readonly retentionDays: number;
}

/** Table and bucket of an environment, with the shell's AWS credentials. Locally nothing but the emulator is spoken to. */
export async function connectToStore(environment: EnvironmentName): Promise<StoreConnection> {
  const marshallOptions = { removeUndefinedValues: true };
  const { retentionDays } = environmentNamed(environment, {});
  if (environment === "local") {
    const { aws_endpoint: endpoint, region, table_name: table, bucket_name: bucket } = await localStack();
    const options = { endpoint, region, credentials: emulatorCredentials };
    return {
      documents: DynamoDBDocumentClient.from(new DynamoDBClient(options), { marshallOptions }),
      objects: new S3Client({ ...options, forcePathStyle: true }),
      table,
      bucket,
      retentionDays,
    };
  }
  const outputs = await deployedOutputs(environment);
  return {
    documents: DynamoDBDocumentClient.from(new DynamoDBClient({}), { marshallOptions }),
    objects: new S3Client({}),
    table: output(outputs, "TableName", environment),
    bucket: output(outputs, "BucketName", environment),
    retentionDays,
  };
}
