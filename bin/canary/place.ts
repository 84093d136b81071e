import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { S3Client } from "@aws-sdk/client-s3";
import { SFNClient } from "@aws-sdk/client-sfn";
import { SQSClient } from "@aws-sdk/client-sqs";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { createGenerationStore, type GenerationStore } from "../../lambdas/generations/table.ts";
import { environmentNamed } from "../../lib/config.ts";
import type { EnvironmentName } from "../../lib/environment-schema.ts";
import { connectToApi, localStack } from "../client/connection.ts";
import { deployedOutputs, output } from "../client/deployed-stack.ts";
import type { Api } from "../client/speaking-to-api.ts";
import type { StackFile } from "../local/stack-file.ts";
import { emulatorCredentials } from "../local/surroundings.ts";

/** A deployed service, and all that is looked at to prove that it works. */
export interface Place {
  readonly api: Api;
  readonly generations: Pick<GenerationStore, "get">;
  readonly objects: S3Client;
  readonly workflows: SFNClient;
  /** The workflow that answers by a task token: it waits for as long as the queue takes. */
  readonly stateMachineArn: string;
  readonly events: EventBridgeClient;
  readonly queues: SQSClient;
  readonly eventBus: string;
}

/** An environment in AWS, with the shell's credentials, or the local service. */
export async function placeOf(environment: EnvironmentName): Promise<Place> {
  const api = await connectToApi(environment, process.env);
  if (environment === "local") return localPlace(await localStack());
  const outputs = await deployedOutputs(environment);
  const named = (name: string) => output(outputs, name, environment);
  return {
    api,
    generations: generationsIn(new DynamoDBClient({}), named("TableName"), environment),
    objects: new S3Client({}),
    workflows: new SFNClient({}),
    stateMachineArn: callbackIn(named("StateMachineArns").split(",")),
    events: new EventBridgeClient({}),
    queues: new SQSClient({}),
    eventBus: named("EventBusName"),
  };
}

/** The local service, as it has told of itself. */
export function localPlace(stack: StackFile): Place {
  const options = { endpoint: stack.aws_endpoint, region: stack.region, credentials: emulatorCredentials };
  return {
    api: { url: stack.api_url, key: stack.api_key, remedy: "start the service with npm start" },
    generations: generationsIn(new DynamoDBClient(options), stack.table_name, "local"),
    objects: new S3Client({ ...options, forcePathStyle: true }),
    workflows: new SFNClient(options),
    stateMachineArn: callbackIn(stack.state_machine_arns),
    events: new EventBridgeClient(options),
    queues: new SQSClient({ ...options, useQueueUrlAsEndpoint: false }),
    eventBus: stack.event_bus_name,
  };
}

function generationsIn(client: DynamoDBClient, table: string, environment: EnvironmentName) {
  const { retentionDays } = environmentNamed(environment, {});
  return createGenerationStore(DynamoDBDocumentClient.from(client), table, retentionDays);
}

function callbackIn(arns: readonly string[]): string {
  return arns.find((arn) => arn.endsWith("-callback")) ?? "";
}
