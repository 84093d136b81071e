import { TransactionCanceledException } from "@aws-sdk/client-dynamodb";
import { type DynamoDBDocumentClient, GetCommand, TransactWriteCommand } from "@aws-sdk/lib-dynamodb";
import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { budgetOf, createRemainingBudget } from "../../../lambdas/budgets/table.ts";
import { removeOwned } from "../../../lambdas/generations/end-early.ts";
import { createGenerationStore } from "../../../lambdas/generations/table.ts";
import { claim } from "../../../lambdas/generations/transitions/claim.ts";
import { loseAnswer } from "../../../lambdas/generations/transitions/lose-answer.ts";
import { cancel } from "../../../lambdas/generations/transitions/queued.ts";
import { refuse } from "../../../lambdas/generations/transitions/refuse.ts";
import { remove } from "../../../lambdas/generations/transitions/remove.ts";
import { createLedgerStore } from "../../../lambdas/openai/ledger-table.ts";
import { amountOf, millionthsOf } from "../../../lambdas/platform/money.ts";
import { HOUR, NOON, PRICE, painted, queued, submitting, succeeded } from "../../support/generations.ts";
import { inMemoryTable } from "../../support/in-memory-table.ts";

type Writes = NonNullable<TransactWriteCommand["input"]["TransactItems"]>;

const OWNER_COUNTER = "budget#owner#owner#2026-11#USD";
const TOTAL_COUNTER = "budget#environment#2026-11#USD";

/** A table in memory with transactions: every condition, then every write. */
function remainingBudget(owner: string, environment: string) {
  const table = inMemoryTable();
  const transactions: Writes[] = [];
  const conflicts = { left: 0 };
  const held = (pk: string) => Number(table.items.get(pk)?.["held_millionths"] ?? 0);
  const refused = ({ Put, Update }: Writes[number]): boolean => {
    if (Update?.ConditionExpression !== undefined)
      return held(String(Update.Key?.["pk"])) > Number(Update.ExpressionAttributeValues?.[":most"]);
    const found = table.items.get(String(Put?.Item?.["pk"]));
    if (Put?.ConditionExpression === "attribute_not_exists(pk)") return found !== undefined;
    if (Put?.ConditionExpression?.startsWith("version") === true)
      return found?.["version"] !== Put.ExpressionAttributeValues?.[":previous"];
    return false;
  };
  const transact = (writes: Writes) => {
    transactions.push(writes);
    const codes: string[] = writes.map((write) => (refused(write) ? "ConditionalCheckFailed" : "None"));
    if (conflicts.left-- > 0) codes.fill("TransactionConflict", 1, 2);
    if (codes.some((code) => code !== "None"))
      throw new TransactionCanceledException({
        $metadata: {},
        message: "",
        CancellationReasons: codes.map((Code) => ({ Code })),
      });
    for (const { Put, Update } of writes) {
      if (Put?.Item !== undefined) table.items.set(String(Put.Item["pk"]), structuredClone(Put.Item));
      const values = Update?.ExpressionAttributeValues ?? {};
      const pk = String(Update?.Key?.["pk"]);
      if (Update !== undefined)
        table.items.set(pk, {
          pk,
          held_millionths: held(pk) + Number(values[":price"] ?? values[":back"]),
        });
    }
    return {};
  };
  const client = {
    send: async (command: unknown) =>
      command instanceof TransactWriteCommand
        ? transact(command.input.TransactItems ?? [])
        : table.apply(command),
  } as unknown as DynamoDBDocumentClient;
  const budget = budgetOf(owner, environment);
  const generations = createGenerationStore(client, "table", 30, budget);
  const ledger = createLedgerStore(client, { table: "table", retentionDays: 30, budget });
  const read = async ({ id }: { id: string }) => {
    const stored = await generations.get(id);
    if (stored?.state !== "queued") throw new Error(`${id} is ${stored?.state}`);
    return stored;
  };
  const counters = () => [held(OWNER_COUNTER), held(TOTAL_COUNTER)];
  return { table, client, transactions, conflicts, generations, ledger, read, counters };
}

describe("a budget", () => {
  let all = remainingBudget("0.15", "1.00");
  beforeEach(() => {
    all = remainingBudget("0.15", "1.00");
  });

  test("reserves the price with the generation, up to the cap and no further", async () => {
    expect(await all.generations.insert(queued())).toBeNull();
    expect(await all.generations.insert(queued())).toBeNull();
    await expect(all.generations.insert(queued())).rejects.toMatchObject({ code: "budget_exceeded" });
    expect(all.counters()).toEqual([150_000, 150_000]);
    expect([...all.table.items.keys()].filter((pk) => pk.startsWith("generation#"))).toHaveLength(2);
  });

  test("answers a repetition even when nothing is left, and reserves nothing for it", async () => {
    const [one, two] = [queued(), queued()];
    await all.generations.insert(one);
    await all.generations.insert(two);
    expect((await all.generations.insert(one))?.id).toBe(one.id);
    expect(all.counters()).toEqual([150_000, 150_000]);
  });

  test.each([
    ["queued", NOON + 1000],
    ["past its deadline, and not yet expired by anyone", NOON + 25 * HOUR],
  ])("gives the price of a removal back once, where it was %s", async (_, now) => {
    for (let time = 0; time < 5; time++) {
      const { id } = queued();
      await all.generations.insert({ ...queued(), id });
      expect(all.counters()).toEqual([75_000, 75_000]);
      const images = { remove: async () => {} };
      await removeOwned(id, "owner", { generations: all.generations, images, now: () => now });
      expect(all.counters()).toEqual([0, 0]);
    }
  });

  test("gives back what an unbilled end cost, once, in the month that it was reserved in", async () => {
    const generation = queued();
    await all.generations.insert(generation);
    const stored = await all.generations.get(generation.id);
    if (stored?.state !== "queued") throw new Error();
    const ended = cancel(stored, NOON + 40 * 86_400_000);
    expect(await all.generations.save(ended)).toBe(true);
    expect(await all.generations.save(ended)).toBe(true);
    const end = await all.generations.get(generation.id);
    if (end?.state !== "canceled") throw new Error();
    expect(await all.generations.save(remove(end, NOON))).toBe(true);
    expect(all.counters()).toEqual([0, 0]);
  });

  test("of two ends at the same moment only the one that is written gives back", async () => {
    const generation = queued();
    await all.generations.insert(generation);
    const stored = await all.generations.get(generation.id);
    if (stored?.state !== "queued") throw new Error();
    const claimed = claim(stored, { now: NOON, leaseSeconds: 1, turn: "t", region: "sg", price: PRICE });
    const results = await Promise.all([
      all.generations.save(cancel(stored, NOON)),
      all.generations.save(claimed),
    ]);
    expect(results.filter(Boolean)).toHaveLength(1);
    expect(all.counters()).toEqual(results[0] ? [0, 0] : [75_000, 75_000]);
  });

  test("keeps what is billed, and what may be", async () => {
    const first = queued();
    await all.generations.insert(first);
    const stored = await all.generations.get(first.id);
    if (stored?.state !== "queued") throw new Error();
    const running = submitting(stored);
    await all.generations.save(running);
    const lost = { ...running, outcome_lost: true };
    const refusal = { now: NOON, code: "content_rejected" as const, message: "no", provider: null };
    await all.generations.save(refuse(lost, refusal));
    expect(all.counters()).toEqual([75_000, 75_000]);

    const second = queued();
    await all.generations.insert(second);
    const another = await all.generations.get(second.id);
    if (another?.state !== "queued") throw new Error();
    const steps = [submitting(another)];
    await all.generations.save(steps[0]!);
    await all.generations.save(painted(steps[0]));
    await all.generations.save(succeeded(painted(steps[0])));
    expect(all.counters()).toEqual([150_000, 150_000]);
  });

  test("holds back what `retry` may cost, and gives back what was not charged", async () => {
    const rich = remainingBudget("0.30", "");
    const retry = queued({ body: { on_unknown_outcome: "retry" } });
    await rich.generations.insert(retry);
    expect(rich.counters()).toEqual([225_000, 225_000]);
    await expect(
      rich.generations.insert(queued({ body: { on_unknown_outcome: "retry" } })),
    ).rejects.toMatchObject({ code: "budget_exceeded" });

    const first = submitting(await rich.read(retry));
    await rich.generations.save(first);
    const lost = loseAnswer(first, { now: NOON, notBefore: NOON, detail: "lost" });
    await rich.generations.save(lost);
    const second = submitting(await rich.read(retry));
    for (const next of [second, painted(second), succeeded(painted(second))])
      await rich.generations.save(next);
    expect(rich.counters()).toEqual([150_000, 150_000]);

    const end = await rich.generations.get(retry.id);
    if (end?.state !== "succeeded") throw new Error();
    await rich.generations.save(remove(end, NOON));
    expect(rich.counters()).toEqual([150_000, 150_000]);
  });

  test("counts each currency by itself, whatever region a generation is painted in later", async () => {
    const generation = queued();
    await all.generations.insert(generation);
    const running = claim(await all.read(generation), {
      now: NOON,
      leaseSeconds: 1,
      turn: "t",
      region: "bj",
      price: { amount: "0.50", currency: "CNY" },
    });
    await all.generations.save(running);
    const refusal = { now: NOON, code: "content_rejected" as const, message: "no", provider: null };
    await all.generations.save(refuse(running, refusal));
    expect(all.counters()).toEqual([0, 0]);
    await all.generations.insert({ ...queued(), price: { amount: "0.15", currency: "CNY" } });
    expect(all.counters()).toEqual([0, 0]);
  });

  test("keeps all that is held where the charge is in another currency: what it is worth is not known", async () => {
    const rich = remainingBudget("0.30", "");
    const retry = queued({ body: { on_unknown_outcome: "retry" } });
    await rich.generations.insert(retry);
    const price = { amount: "0.50", currency: "CNY" };
    const claimed = claim(await rich.read(retry), {
      now: NOON,
      leaseSeconds: 1,
      turn: "t",
      region: "bj",
      price,
    });
    for (const next of [claimed, painted(claimed), succeeded(painted(claimed))])
      await rich.generations.save(next);
    expect(rich.counters()).toEqual([225_000, 225_000]);
  });

  test("is tried again where others write the counter at the same moment", async () => {
    all.conflicts.left = 3;
    expect(await all.generations.insert(queued())).toBeNull();
    expect(all.transactions).toHaveLength(4);
    expect(all.counters()).toEqual([75_000, 75_000]);
  });

  test("holds for the door that takes re-sends, too", async () => {
    const start = async (key: string) => all.ledger.save(key, [], await all.ledger.find(key), queued());
    expect([await start("a"), await start("b")]).toEqual([true, true]);
    await expect(start("c")).rejects.toMatchObject({ code: "budget_exceeded" });
    expect(all.counters()).toEqual([150_000, 150_000]);
  });
});

test("a budget of the environment holds all owners together", async () => {
  const all = remainingBudget("", "0.10");
  await all.generations.insert(queued());
  await expect(all.generations.insert({ ...queued(), owner: "other" })).rejects.toMatchObject({
    code: "budget_exceeded",
  });
});

test("a cap below the price refuses everything", async () => {
  const all = remainingBudget("0.05", "");
  await expect(all.generations.insert(queued())).rejects.toMatchObject({ code: "budget_exceeded" });
  expect(all.transactions).toEqual([]);
});

test("without a cap nothing is counted, and what was reserved before is given back all the same", async () => {
  const capped = remainingBudget("1", "1");
  const generation = queued();
  await capped.generations.insert(generation);
  const free = createGenerationStore(capped.client, "table", 30, budgetOf("", ""));
  await free.insert(queued());
  expect(capped.transactions).toHaveLength(1);
  const stored = await free.get(generation.id);
  if (stored?.state !== "queued") throw new Error();
  await free.save(cancel(stored, NOON));
  expect(capped.counters()).toEqual([0, 0]);
  expect(await capped.client.send(new GetCommand({ TableName: "table", Key: { pk: "x" } }))).toEqual({});
});

test("the remaining budget covers what is left under both caps, of this month", async () => {
  const all = remainingBudget("0.15", "0.20");
  const covers = (owner: string, millionths: number, { owners = "0.15", now = NOON } = {}) =>
    createRemainingBudget(all.client, {
      table: "table",
      budget: budgetOf(owners, "0.20"),
      currency: "USD",
      now: () => now,
    }).covers(owner, millionths);
  expect(await covers("owner", 150_000)).toBe(true);
  expect(await covers("owner", 150_001)).toBe(false);
  await all.generations.insert(queued());
  expect([await covers("owner", 75_000), await covers("owner", 75_001)]).toEqual([true, false]);
  expect([await covers("other", 125_000), await covers("other", 125_001)]).toEqual([true, false]);
  expect(await covers("other", 125_001, { owners: "" })).toBe(false);
  expect(await covers("owner", 150_000, { now: NOON + 40 * 24 * HOUR })).toBe(true);
  const free = createRemainingBudget(all.client, {
    table: "table",
    budget: null,
    currency: "USD",
    now: () => NOON,
  });
  expect(await free.covers("owner", 10 ** 12)).toBe(true);
});

describe("money", () => {
  test.each([
    ["0.075", 75_000],
    ["100.00", 100_000_000],
    ["7", 7_000_000],
    ["0.0000019", 1],
  ])("%s is %i millionths", (amount, millionths) => {
    expect(millionthsOf(amount)).toBe(millionths);
  });

  test("comes back as it was", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10 ** 12 }), (millionths) => {
        expect(millionthsOf(amountOf(millionths))).toBe(millionths);
      }),
    );
    expect([amountOf(0), amountOf(300_000), amountOf(2_100_000)]).toEqual(["0", "0.3", "2.1"]);
  });
});
