import { marshall } from "@aws-sdk/util-dynamodb";
import type { DynamoDBStreamEvent } from "aws-lambda";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createUsageStore } from "../../../lambdas/budgets/usage-table.ts";
import { readChanges } from "../../../lambdas/generations/changes.ts";
import { chargeOf } from "../../../lambdas/generations/counting.ts";
import { toItem } from "../../../lambdas/generations/item.ts";
import type { EndedGeneration, Generation } from "../../../lambdas/generations/record.ts";
import { relayCharges } from "../../../lambdas/generations/relay-charges.ts";
import { recordLateAnswer } from "../../../lambdas/generations/transitions/late-answer.ts";
import { loseAnswer } from "../../../lambdas/generations/transitions/lose-answer.ts";
import { cancel } from "../../../lambdas/generations/transitions/queued.ts";
import { remove } from "../../../lambdas/generations/transitions/remove.ts";
import { NOON, queued, submitting, succeeded } from "../../support/generations.ts";
import { apiUnderTest } from "../../support/in-memory-api.ts";
import { inMemoryTable } from "../../support/in-memory-table.ts";

const PRICE = 75_000;

/** The relay over the counters, fed with states of records. */
function counters() {
  const table = inMemoryTable();
  const usage = createUsageStore(table.client, "table");
  return {
    table,
    usage,
    async relay(...generations: Generation[]) {
      const Records = generations.map((generation) => ({
        dynamodb: {
          Keys: { pk: { S: `generation#${generation.id}` } },
          NewImage: marshall(toItem(generation, 30), { removeUndefinedValues: true }),
        },
      }));
      const changes = readChanges({ Records } as unknown as DynamoDBStreamEvent, () => {
        throw new Error("unreadable");
      });
      await relayCharges(changes, { usage, retentionDays: 30 });
    },
    charges: async (owner = "owner") => (await usage.counters("2026-11", owner)).map(({ charge }) => charge),
  };
}

function lost(generation = submitting()): EndedGeneration {
  const ended = loseAnswer(generation, {
    now: NOON,
    notBefore: NOON,
    detail: "The answer was lost.",
    provider: null,
  });
  if (ended.state !== "failed") throw new Error(`it is ${ended.state}`);
  return ended;
}

describe("a month's counters", () => {
  test("count a picture once, however often its end is told", async () => {
    const { relay, charges } = counters();
    const end = succeeded();
    await relay(end);
    await relay(end, { ...end, announced: true });
    await relay(remove(end, NOON));
    expect(await charges()).toEqual([{ images: 1, cost: PRICE, unknown: 0 }]);
  });

  test("count nothing for what is under way or ended unbilled", async () => {
    const { relay, charges, table } = counters();
    const start = queued();
    await relay(start, submitting(start), cancel(queued(), NOON));
    expect(await charges()).toEqual([]);
    expect(table.items.size).toBe(0);
  });

  test("count a lost answer as unknown, and as charged once it has come after all", async () => {
    const { relay, charges } = counters();
    const end = lost();
    await relay(end);
    expect(await charges()).toEqual([{ images: 0, cost: 0, unknown: PRICE }]);
    const late = recordLateAnswer(end, { now: NOON, requestId: "late", keptAs: null });
    await relay(late);
    // The stream may tell the older state once more.
    await relay(end);
    expect(await charges()).toEqual([{ images: 0, cost: PRICE, unknown: 0 }]);
  });

  test("are an owner's, a model's, a month's and a currency's own", async () => {
    const { relay, usage } = counters();
    const end = succeeded();
    const others = [
      { ...succeeded(), owner: "owner-2" },
      { ...succeeded(), model: "qwen-image-max-2025-12-30" },
      { ...succeeded(), created_at: "2026-10-31T23:59:59.999Z" },
      { ...succeeded(), price: { amount: "0.50", currency: "CNY" } },
    ];
    await relay(end, ...others);
    const cost = async (month: string, owner?: string) =>
      (await usage.counters(month, owner)).map(({ owner, model, currency, charge }) => [
        owner,
        model,
        currency,
        charge.cost,
      ]);
    expect((await cost("2026-11", "owner")).sort()).toEqual([
      ["owner", "qwen-image-max", "CNY", 500_000],
      ["owner", "qwen-image-max", "USD", PRICE],
      ["owner", "qwen-image-max-2025-12-30", "USD", PRICE],
    ]);
    expect(await cost("2026-11", "owner-2")).toEqual([["owner-2", "qwen-image-max", "USD", PRICE]]);
    expect(await cost("2026-10")).toEqual([["owner", "qwen-image-max", "USD", PRICE]]);
    expect(await cost("2026-11")).toHaveLength(4);
  });

  test("add up to what the records say, told in any order, in parts and more than once", async () => {
    const end = fc.constantFrom("succeeded", "lost", "late", "canceled");
    await fc.assert(
      fc.asyncProperty(
        fc.array(end, { maxLength: 12 }),
        fc.infiniteStream(fc.nat()),
        async (ends, chance) => {
          const { relay, charges } = counters();
          const pick = () => Number(chance.next().value);
          const lives = ends.map((kind): EndedGeneration[] => {
            if (kind === "succeeded") return [succeeded()];
            if (kind === "canceled") return [cancel(queued(), NOON)];
            const end = lost();
            const late = recordLateAnswer(end, { now: NOON, requestId: "late", keptAs: null });
            return kind === "lost" ? [end] : [end, late];
          });
          const told = lives.flatMap((life) => life.flatMap((state) => [state, ...(pick() % 2 ? life : [])]));
          for (const state of told) await relay(state);
          const expected = lives.flatMap((life) => life.at(-1) ?? []).map(chargeOf);
          const sum = (of: "images" | "cost" | "unknown", all: readonly { [Key in typeof of]: number }[]) =>
            all.reduce((total, each) => total + each[of], 0);
          const counted = await charges();
          for (const of of ["images", "cost", "unknown"] as const)
            expect(sum(of, counted)).toBe(sum(of, expected));
        },
      ),
    );
  });
});

describe("GET /usage", () => {
  test("tells pictures, cost and what is under way, by model, of the caller alone", async () => {
    const api = apiUnderTest();
    const account = { month: "2026-03", model: "qwen-image-max", currency: "USD" };
    const count = (id: string, owner: string, cost: number) =>
      createUsageStore(api.generations.table.client, "table").count({
        id,
        version: 1,
        account: { ...account, owner },
        charge: { images: 1, cost, unknown: 0 },
        expiresAt: 0,
      });
    await count("gen_1", "alice", PRICE);
    await count("gen_2", "alice", PRICE);
    await count("gen_3", "bob", PRICE);
    const create = { method: "POST", path: "/generations", body: { prompt: "a fox" } };
    await api.send({ ...create, headers: { Prefer: "respond-async" } });
    await api.send({ ...create, headers: { Prefer: "respond-async" }, owner: "bob" });

    const { status, body } = await api.send({ path: "/usage" });
    const sums = { images: 2, cost: "0.15", unknown: "0", held: "0.075", currency: "USD" };
    expect([status, body]).toEqual([
      200,
      {
        object: "usage",
        month: "2026-03",
        ...sums,
        budget: null,
        models: [{ model: "qwen-image-max", ...sums }],
      },
    ]);
  });

  test("tells of a month without any that there was none", async () => {
    const { body } = await apiUnderTest().send({ path: "/usage?month=2026-02" });
    expect(body).toMatchObject({ month: "2026-02", images: 0, cost: "0", held: "0", models: [] });
  });

  test.each(["2026-13", "2026", "march"])("refuses the month %s", async (month) => {
    const { status, body } = await apiUnderTest().send({ path: `/usage?month=${month}` });
    expect([status, body.errors]).toEqual([
      422,
      [{ pointer: "#/query/month", detail: "must be a month such as 2026-11" }],
    ]);
  });
});
