import type { TestProject } from "vitest/node";
import { startDynamoDbLocal } from "./dynamodb/server.ts";

declare module "vitest" {
  export interface ProvidedContext {
    /** The address of Amazon's DynamoDB Local. */
    dynamoDb: string;
  }
}

/** Starts Amazon's DynamoDB Local once for all files. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { endpoint, stop } = await startDynamoDbLocal();
  project.provide("dynamoDb", endpoint);
  return stop;
}
