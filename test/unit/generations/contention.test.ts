import {
  ConditionalCheckFailedException,
  DynamoDBClient,
  ProvisionedThroughputExceededException,
  TransactionCanceledException,
  TransactionConflictException,
} from "@aws-sdk/client-dynamodb";
import {
  DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  TransactWriteCommand,
  UpdateCommand,
} from "@aws-sdk/lib-dynamodb";
import { mockClient } from "aws-sdk-client-mock";
import { beforeEach, describe, expect, test } from "vitest";
import { budgetOf } from "../../../lambdas/budgets/table.ts";
import { createGenerationStore } from "../../../lambdas/generations/table.ts";
import { Contended } from "../../../lambdas/platform/service-error.ts";
import { NOON, queued, submitting } from "../../support/generations.ts";
import { apiUnderTest } from "../../support/in-memory-api.ts";

const table = mockClient(DynamoDBDocumentClient);
const client = DynamoDBDocumentClient.from(new DynamoDBClient({}));
const store = createGenerationStore(client, "table", 30);
const about = { $metadata: {}, message: "" };
const conflict = new TransactionConflictException(about);

beforeEach(() => {
  table.reset();
});

describe("while a transaction holds the record", () => {
  test("a put by itself is sent again, and is no lost race", async () => {
    table.on(PutCommand).rejectsOnce(conflict).rejectsOnce(conflict).resolves({});
    expect(await store.save(submitting())).toBe(true);
    expect(table.commandCalls(PutCommand)).toHaveLength(3);
  });

  test("an appointment is sent again", async () => {
    table.on(UpdateCommand).rejectsOnce(conflict).resolves({});
    await store.appoint(queued(), NOON);
    expect(table.commandCalls(UpdateCommand)).toHaveLength(2);
  });

  test("another transaction is sent again", async () => {
    const CancellationReasons = [{ Code: "TransactionConflict" }, { Code: "None" }, { Code: "None" }];
    table.on(GetCommand).resolves({});
    table
      .on(TransactWriteCommand)
      .rejectsOnce(new TransactionCanceledException({ ...about, CancellationReasons }))
      .resolves({});
    const withBudget = createGenerationStore(client, "table", 30, budgetOf("1", ""));
    expect(await withBudget.insert(queued())).toBeNull();
    expect(table.commandCalls(TransactWriteCommand)).toHaveLength(2);
  });

  test("for too long, nothing is decided: the write is contended", async () => {
    table.on(PutCommand).rejects(conflict);
    await expect(store.save(submitting())).rejects.toThrow(Contended);
  });

  test("a failed condition is an answer, and anything else a failure: neither is sent again", async () => {
    table.on(GetCommand).resolves({});
    table
      .on(PutCommand)
      .rejectsOnce(new ConditionalCheckFailedException(about))
      .rejects(new ProvisionedThroughputExceededException(about));
    expect(await store.save(submitting())).toBe(false);
    await expect(store.save(submitting())).rejects.toThrow(ProvisionedThroughputExceededException);
    expect(table.commandCalls(PutCommand)).toHaveLength(2);
  });
});

test("a caller whose request is contended may ask again, and is not told that it is free", async () => {
  const api = apiUnderTest();
  const contended = apiUnderTest({
    generations: { ...api.generations, insert: () => Promise.reject(new Contended()) },
  });
  const answer = await contended.send({ method: "POST", path: "/generations", body: { prompt: "a fox" } });
  expect([answer.status, answer.body]).toMatchObject([
    409,
    { code: "conflict", retryable: true, billed: "unknown" },
  ]);
  expect(answer.headers["retry-after"]).toBe("1");
  expect(contended.signals).toEqual([]);
});
