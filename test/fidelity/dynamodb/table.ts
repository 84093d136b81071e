import { randomUUID } from "node:crypto";
import {
  CreateTableCommand,
  type CreateTableCommandInput,
  DynamoDBClient,
  UpdateTimeToLiveCommand,
} from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { inject } from "vitest";
import { onlyResource, synthesised } from "../../stack/synthesised.ts";

/** Every expression that was sent, of all tables of this file. */
export const sent = new Set<string>();

/** A client of DynamoDB Local, set up as the functions' own. */
export function localClient(endpoint = inject("dynamoDb")): DynamoDBDocumentClient {
  const client = new DynamoDBClient({
    endpoint,
    region: "us-east-1",
    credentials: { accessKeyId: "fidelity", secretAccessKey: "fidelity" },
  });
  const documents = DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } });
  documents.middlewareStack.add(
    (next) => (call) => {
      note(call.input);
      return next(call);
    },
    { step: "initialize" },
  );
  return documents;
}

function note(input: unknown): void {
  for (const [name, value] of Object.entries(input ?? {}))
    if (name.endsWith("Expression") && typeof value === "string") sent.add(value);
    else if (typeof value === "object") note(value);
}

/** A new table as the template has it: keys, all indexes, stream and time to live. */
export async function createTable(
  client: DynamoDBDocumentClient,
  TableName = `fidelity-${randomUUID()}`,
): Promise<string> {
  const { KeySchema, AttributeDefinitions, BillingMode, GlobalSecondaryIndexes, ...properties } =
    onlyResource(synthesised("prod"), "AWS::DynamoDB::Table");
  const form = {
    KeySchema,
    AttributeDefinitions,
    BillingMode,
    GlobalSecondaryIndexes,
  } as CreateTableCommandInput;
  await client.send(
    new CreateTableCommand({
      ...form,
      TableName,
      StreamSpecification: {
        StreamEnabled: true,
        StreamViewType: properties["StreamSpecification"].StreamViewType,
      },
    }),
  );
  const TimeToLiveSpecification = {
    AttributeName: properties["TimeToLiveSpecification"].AttributeName,
    Enabled: true,
  };
  await client.send(new UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification }));
  return TableName;
}
