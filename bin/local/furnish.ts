import { setTimeout as delay } from "node:timers/promises";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { PutSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { type ApiKeyStore, createApiKeyStore } from "../../lambdas/api-keys/table.ts";
import { createPacer, type Pacer } from "../../lambdas/pacing/limiter.ts";
import { offerOf } from "../../lambdas/providers/registry.ts";
import { LOCAL_PROVIDER } from "../../lib/local-variables.ts";
import { Failure } from "../failure.ts";
import type { Outputs } from "./deploy.ts";
import { type KeptState, keepKey, readKeptKey } from "./kept-state.ts";
import type { LocalSettings } from "./settings.ts";
import type { StackFile } from "./stack-file.ts";
import { emulatorCredentials } from "./surroundings.ts";

interface Furniture {
  readonly endpoint: string;
  readonly region: string;
  readonly providerKey: string;
  readonly kept: KeptState | undefined;
}

/** Gives a deployed stack what no deployment makes, the provider's key and one for the API, and says where all is. */
export async function furnish(
  outputs: Outputs,
  { endpoint, region, providerKey, kept }: Furniture,
): Promise<StackFile> {
  const secrets = new SecretsManagerClient({ endpoint, region, credentials: emulatorCredentials });
  const secret = await secrets.send(
    new PutSecretValueCommand({ SecretId: outputs.SecretArn, SecretString: providerKey }),
  );
  const keys = createApiKeyStore(tableAt(endpoint, region), outputs.TableName, Date.now);
  return {
    api_url: localApiUrl(outputs.ApiUrl, endpoint),
    api_key: await keyOf(keys, kept),
    aws_endpoint: endpoint,
    region,
    table_name: outputs.TableName,
    bucket_name: outputs.BucketName,
    queue_url: outputs.QueueUrl,
    dead_letter_queue_url: outputs.DeadLetterQueueUrl,
    // The emulator's output is the secret's name.
    secret_arn: secret.ARN ?? outputs.SecretArn,
    task_function_name: outputs.TaskFunctionName,
    worker_function_name: outputs.WorkerFunctionName,
    state_machine_arns: outputs.StateMachineArns.split(","),
    event_bus_name: outputs.EventBusName,
    provider_base_url: outputs.ProviderBaseUrl,
  };
}

/** The key of the first start as long as it is valid, else a new one. */
async function keyOf(keys: ApiKeyStore, kept: KeptState | undefined): Promise<string> {
  const before = kept === undefined ? undefined : readKeptKey(kept);
  if (before !== undefined && (await keys.find(before)) !== null) return before;
  const { key } = await keys.create("local");
  if (kept !== undefined) keepKey(kept, key);
  return key;
}

/** The pacer of the default model: whether the queue is paused. */
export function pacerOf(stack: StackFile, provider: LocalSettings["provider"]): Pacer {
  return createPacer({
    client: tableAt(stack.aws_endpoint, stack.region),
    table: stack.table_name,
    region: provider.region,
    model: offerOf({ name: LOCAL_PROVIDER, region: provider.region }).models[0].id,
    pace: { interval: 60_000 / provider.requestsPerMinute, burst: 1 },
    now: Date.now,
    sleep: delay,
  });
}

/** The address of the API on this machine: the stack's own output is the one it would have in AWS. */
export function localApiUrl(deployedUrl: string, endpoint: string): string {
  const id = /^https:\/\/([a-z0-9]+)\.execute-api\./.exec(deployedUrl)?.[1];
  if (id === undefined)
    throw new Failure(`The stack's ApiUrl is not an address of API Gateway: ${deployedUrl}`);
  return `${endpoint}/_aws/execute-api/${id}/v1`;
}

/** The table's client of a service on this machine. */
export function tableAt(endpoint: string, region: string): DynamoDBDocumentClient {
  return DynamoDBDocumentClient.from(
    new DynamoDBClient({ endpoint, region, credentials: emulatorCredentials }),
  );
}
