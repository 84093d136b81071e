import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { type ApiKeyStore, createApiKeyStore } from "../../lambdas/api-keys/table.ts";
import { environmentNamed } from "../../lib/config.ts";
import type { EnvironmentName } from "../../lib/environment-schema.ts";
import type { Variables } from "../../lib/local-variables.ts";
import { exitCode, Failure } from "../failure.ts";
import { health } from "../local/emulator.ts";
import { readStackFile, type StackFile } from "../local/stack-file.ts";
import { emulatorCredentials, localDirectory } from "../local/surroundings.ts";
import { credentialFor, refuseUnlessKeys } from "./credential.ts";
import { deployedOutputs, output } from "./deployed-stack.ts";
import type { Api } from "./speaking-to-api.ts";

/**
 * The API of an environment, and the key to it: locally the one that npm start has made, elsewhere IMAGE_SERVICE_API_KEY. Where
 * the environment takes signatures, requests are signed with the shell's AWS credentials.
 */
export async function connectToApi(environment: EnvironmentName, variables: Variables): Promise<Api> {
  if (environment === "local") {
    const stack = await localStack();
    return {
      url: stack.api_url,
      key: stack.api_key,
      remedy: "start the service with npm start, which replaces what is left of the last one",
    };
  }
  const credential = credentialFor(environmentNamed(environment, {}), variables["IMAGE_SERVICE_API_KEY"]);
  const outputs = await deployedOutputs(environment);
  return {
    url: output(outputs, "ApiUrl", environment),
    ...credential,
    remedy: "look at the network, and at the stack's ApiUrl",
  };
}

/** The API keys of an environment. Locally nothing but the emulator is spoken to, whatever the shell says. */
export async function connectToKeys(environment: EnvironmentName): Promise<ApiKeyStore> {
  const place = environment === "local" ? await localTable() : await deployedTable(environment);
  return createApiKeyStore(DynamoDBDocumentClient.from(place.client), place.table, Date.now);
}

async function localTable() {
  const { aws_endpoint: endpoint, region, table_name: table } = await localStack();
  return { client: new DynamoDBClient({ endpoint, region, credentials: emulatorCredentials }), table };
}

async function deployedTable(environment: EnvironmentName) {
  refuseUnlessKeys(environmentNamed(environment, {}));
  const outputs = await deployedOutputs(environment);
  return { client: new DynamoDBClient({}), table: output(outputs, "TableName", environment) };
}

/**
 * What the running local service has told of itself.
 *
 * @throws Failure where there is none, or where its emulator has died
 */
export async function localStack(directory = localDirectory): Promise<StackFile> {
  const stack = readStackFile(directory);
  if (stack === undefined)
    throw new Failure(
      "The local service does not run: start it with npm start, or name another with --env.",
      { exitCode: exitCode.unreachable },
    );
  if ((await health(stack.aws_endpoint)) === "emulator") return stack;
  throw new Failure(
    `The AWS emulator at ${stack.aws_endpoint} does not answer: npm start replaces what is left of the service.`,
    { exitCode: exitCode.unreachable },
  );
}
