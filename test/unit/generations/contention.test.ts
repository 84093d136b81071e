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
import { holding, inMemoryTable } from "../../support/in-memory-table.ts";

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

describe("a hundred requests at once under one owner's and the environment's budget", () => {
  const PRICE = 75_000;
  const places = inMemoryTable();
  const contended = holding(places);
  // Sixty pictures of the owner's are in the budget.
  const budget = budgetOf("4.50", "100.00");
  const api = apiUnderTest({ generations: createGenerationStore(contended, "table", 30, budget) });
  const ask = (key: number) =>
    api.send({
      method: "POST",
      path: "/generations",
      headers: { Prefer: "respond-async", "Idempotency-Key": `picture-${key}` },
      body: { prompt: "a fox" },
    });
  const held = () =>
    [...places.items.values()].flatMap(({ pk, held_millionths }) =>
      String(pk).startsWith("budget#") ? [held_millionths] : [],
    );

  test("are let in or told the truth, whoever had to wait for whom, and reserved for once each", async () => {
    let keys = Array.from({ length: 100 }, (_, key) => key);
    const statuses: number[] = [];
    // A caller that is told of contention asks again with its key.
    while (keys.length > 0) {
      const answers = await Promise.all(keys.map(async (key) => ({ key, ...(await ask(key)) })));
      statuses.push(...answers.map(({ status }) => status));
      keys = answers.flatMap(({ key, status }) => (status === 409 ? [key] : []));
    }
    const count = (status: number) => statuses.filter((each) => each === status).length;
    expect([count(202), count(402)]).toEqual([60, 40]);
    expect(statuses.every((status) => [202, 402, 409].includes(status))).toBe(true);
    expect(held()).toEqual([60 * PRICE, 60 * PRICE]);
    // Nothing is reserved for a repetition.
    await Promise.all(Array.from({ length: 100 }, (_, key) => ask(key)));
    expect(held()).toEqual([60 * PRICE, 60 * PRICE]);
    expect(api.signals.filter(({ name }) => name === "InternalErrors")).toEqual([]);
  });
});
