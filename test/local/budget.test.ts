import { randomUUID } from "node:crypto";
import { CreateTableCommand, DeleteTableCommand } from "@aws-sdk/client-dynamodb";
import { GetCommand } from "@aws-sdk/lib-dynamodb";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { budgetOf } from "../../lambdas/budgets/table.ts";
import { createGenerationStore } from "../../lambdas/generations/table.ts";
import { cancel } from "../../lambdas/generations/transitions/queued.ts";
import { createLedgerStore } from "../../lambdas/openai/ledger-table.ts";
import { queued } from "../support/generations.ts";
import { aws } from "./harness.ts";

/** A table of its own: what is queued here must not be painted. */
const TableName = `budget-${randomUUID()}`;

beforeAll(() =>
  aws.table.send(
    new CreateTableCommand({
      TableName,
      KeySchema: [{ AttributeName: "pk", KeyType: "HASH" }],
      AttributeDefinitions: [{ AttributeName: "pk", AttributeType: "S" }],
      BillingMode: "PAY_PER_REQUEST",
    }),
  ),
);
afterAll(() => aws.table.send(new DeleteTableCommand({ TableName })));

const budget = budgetOf("0.30", "");
const store = createGenerationStore(aws.table, TableName, 7, budget);
const ledger = createLedgerStore(aws.table, { table: TableName, retentionDays: 7, budget });

const intent = (owner: string) => ({ ...queued(), owner });

async function held(owner: string): Promise<unknown> {
  const Key = { pk: `budget#owner#${owner}#2026-11#USD` };
  return (await aws.table.send(new GetCommand({ TableName, Key }))).Item?.["held_millionths"];
}

describe("an owner's budget for four pictures", () => {
  test("lets four of twelve in that come at once, and an ended one makes room for another", async () => {
    const owner = randomUUID();
    const intents = Array.from({ length: 12 }, () => intent(owner));
    const outcomes = await Promise.allSettled(intents.map((each) => store.insert(each)));
    const accepted = intents.filter((_, index) => outcomes[index]?.status === "fulfilled");
    const refused = outcomes.filter(({ status }) => status === "rejected");

    expect(accepted).toHaveLength(4);
    for (const outcome of refused) expect(outcome).toMatchObject({ reason: { code: "budget_exceeded" } });
    expect(await held(owner)).toBe(300_000);
    expect((await store.insert(accepted[0]!))?.id).toBe(accepted[0]?.id);

    const stored = await store.get(accepted[0]!.id);
    if (stored?.state !== "queued") throw new Error("not queued");
    const ends = await Promise.all([1, 2, 3].map(() => store.save(cancel(stored, Date.now()))));
    expect(ends.filter(Boolean).length).toBeGreaterThan(0);
    expect(await held(owner)).toBe(225_000);
    expect(await store.insert(intent(owner))).toBeNull();
    await expect(store.insert(intent(owner))).rejects.toMatchObject({ code: "budget_exceeded" });
  });

  test("holds for re-sends too", async () => {
    const owner = randomUUID();
    const start = async (key: string) =>
      ledger.save(owner + key, [], await ledger.find(owner + key), intent(owner));
    for (const key of ["1", "2", "3", "4"]) expect(await start(key)).toBe(true);
    await expect(start("5")).rejects.toMatchObject({
      code: "budget_exceeded",
    });
    expect(await held(owner)).toBe(300_000);
  });
});
