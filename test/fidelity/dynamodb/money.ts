import { GetCommand } from "@aws-sdk/lib-dynamodb";
import { describe, expect, test } from "vitest";
import { cancel } from "../../../lambdas/generations/transitions/queued.ts";
import { withStarted } from "../../../lambdas/openai/ledger.ts";
import { NOON, painted, queued, submitting, succeeded } from "../../support/generations.ts";
import { newStores, type Stores } from "./wiring.ts";

const PRICE = 75_000;

/** Millionths held for an owner in the month of all tests. */
async function held({ client, table }: Stores, of = "owner#owner"): Promise<number> {
  const Key = { pk: `budget#${of}#2026-11#USD` };
  const { Item } = await client.send(new GetCommand({ TableName: table, Key, ConsistentRead: true }));
  return Number(Item?.["held_millionths"] ?? 0);
}

export function money(): void {
  describe("a budget", () => {
    test("is reserved with the record, and refuses what is over it, in the record's own transaction", async () => {
      const stores = await newStores({ ownerBudget: "0.15", environmentBudget: "100" });
      const [one, two, three] = [queued(), queued(), queued()];
      expect(await stores.generations.insert(one)).toBeNull();
      expect(await stores.generations.insert(two)).toBeNull();
      await expect(stores.generations.insert(three)).rejects.toMatchObject({ code: "budget_exceeded" });
      expect(await stores.generations.get(three.id)).toBeNull();
      // A repetition is answered though nothing is left, and reserves nothing.
      expect(await stores.generations.insert(one)).toMatchObject({ id: one.id, reserved: PRICE });
      expect([await held(stores), await held(stores, "environment")]).toEqual([2 * PRICE, 2 * PRICE]);
      expect(await stores.remainingBudget.covers("owner", PRICE)).toBe(false);
      expect(await stores.remainingBudget.covers("another", PRICE)).toBe(true);
    });

    test("without a cap of its own is counted all the same", async () => {
      const stores = await newStores({ environmentBudget: "100" });
      await stores.generations.insert(queued());
      expect([await held(stores), await held(stores, "environment")]).toEqual([PRICE, PRICE]);
    });

    test("comes back once with an end that was not billed, and stays with one that was", async () => {
      const stores = await newStores({ ownerBudget: "100" });
      const [canceled, paid] = [queued(), queued()];
      for (const each of [canceled, paid]) await stores.generations.insert(each);
      const found = await stores.generations.get(canceled.id);
      const end = cancel(found as typeof canceled, NOON);
      expect(await stores.generations.save(end)).toBe(true);
      await stores.generations.save(end);
      const [claimed, fetched] = [submitting(paid), painted(submitting(paid))];
      expect(await stores.generations.save({ ...claimed, reserved: PRICE })).toBe(true);
      expect(await stores.generations.save({ ...fetched, reserved: PRICE })).toBe(true);
      expect(await stores.generations.save({ ...succeeded(fetched), reserved: PRICE })).toBe(true);
      expect(await held(stores)).toBe(PRICE);
    });

    test("of six takes six of twelve at once", async () => {
      const stores = await newStores({ ownerBudget: "0.45" });
      const results = await Promise.allSettled(
        Array.from({ length: 12 }, () => stores.generations.insert(queued())),
      );
      expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(6);
      expect(await held(stores)).toBe(6 * PRICE);
    });
  });

  describe("usage", () => {
    const counting = (id: string, version = 1, cost = PRICE) => ({
      id,
      version,
      account: { owner: "owner", month: "2026-11", model: "m", currency: "USD" },
      charge: { images: 1, cost, unknown: 0 },
      expiresAt: 2_000_000_000,
    });
    const charges = async ({ usage }: Stores, owner?: string) =>
      (await usage.counters("2026-11", owner)).map(({ charge }) => charge);

    test("is counted once for each generation, by several at once, and anew when more is known", async () => {
      const stores = await newStores();
      const { usage } = stores;
      const counted = await Promise.all(Array.from({ length: 6 }, () => usage.count(counting("gen_1"))));
      expect(counted.filter((each) => each)).toHaveLength(1);
      await Promise.all(Array.from({ length: 5 }, (_, index) => usage.count(counting(`gen_other${index}`))));
      expect(await usage.count(counting("gen_1", 2, 2 * PRICE))).toBe(true);
      expect(await usage.count(counting("gen_1", 1))).toBe(false);
      const sum = [{ images: 6, cost: 7 * PRICE, unknown: 0 }];
      expect([await charges(stores), await charges(stores, "owner"), await charges(stores, "own")]).toEqual([
        sum,
        sum,
        [],
      ]);
    });

    test("is set right where nobody has counted meanwhile", async () => {
      const stores = await newStores();
      const { usage } = stores;
      const { account } = counting("gen_1");
      const charge = { images: 4, cost: 4 * PRICE, unknown: PRICE };
      expect(await usage.correct(account, charge, 1)).toBe(false);
      expect(await usage.correct(account, charge, 0)).toBe(true);
      await usage.count(counting("gen_1"));
      expect(await usage.correct(account, charge, 1)).toBe(false);
      expect(await usage.correct(account, charge, 2)).toBe(true);
      expect(await charges(stores)).toEqual([charge]);
    });

    test("holds what is under way, and knows the owner's budget", async () => {
      const stores = await newStores({ ownerBudget: "0.30" });
      const open = [queued(), queued({ lane: "batch" })];
      for (const each of open) await stores.generations.insert(each);
      const price = { owner: "owner", model: open[0]?.model, currency: "USD", cost: PRICE };
      expect(await stores.openPrices("owner", "2026-11")).toEqual([price, price]);
      expect(await stores.openPrices("owner", "2026-10")).toEqual([]);
      expect(await stores.heldPrices("2026-11")).toEqual([price, price]);
      expect(await stores.heldPrices("2026-10")).toEqual([]);
      expect(await stores.ownerBudget("owner", "2026-11")).toEqual({ limit: "0.3", remaining: "0.15" });
      expect(await stores.ownerBudget("another", "2026-11")).toEqual({ limit: "0.3", remaining: "0.3" });
      expect(await (await newStores()).ownerBudget("owner", "2026-11")).toBeNull();
    });
  });

  describe("the re-send ledger", () => {
    const send = { retryCount: 0, until: NOON + 25_000 };

    test("starts a generation and notes it together, one of many at once", async () => {
      const stores = await newStores({ ownerBudget: "100" });
      const seen = await stores.ledger.find("key");
      expect(seen).toMatchObject({ entries: [], version: 0 });
      const tries = Array.from({ length: 5 }, () => queued());
      const won = await Promise.all(
        tries.map((each) => stores.ledger.save("key", withStarted([], each.id, send, NOON), seen, each)),
      );
      expect(won.filter((each) => each)).toHaveLength(1);
      const { entries, version } = await stores.ledger.find("key");
      const winner = tries[won.indexOf(true)]!;
      expect({ entries: entries.map(({ generation_id }) => generation_id), version }).toEqual({
        entries: [winner.id],
        version: 1,
      });
      for (const each of tries)
        expect((await stores.generations.get(each.id)) !== null).toBe(each === winner);
      expect(await held(stores)).toBe(PRICE);
    });

    test("is written over the version that was seen alone", async () => {
      const { ledger } = await newStores();
      const first = await ledger.find("key");
      expect(await ledger.save("key", [], first)).toBe(true);
      const second = await ledger.find("key");
      expect(await ledger.save("key", [], first)).toBe(false);
      expect(await ledger.save("key", [], second)).toBe(true);
      expect(await ledger.save("key", [], second)).toBe(false);
    });

    test("leaves nothing behind where nothing is left of the budget", async () => {
      const stores = await newStores({ ownerBudget: "0.10" });
      await stores.generations.insert(queued());
      const seen = await stores.ledger.find("key");
      const started = queued();
      const entries = withStarted([], started.id, send, NOON);
      await expect(stores.ledger.save("key", entries, seen, started)).rejects.toMatchObject({
        code: "budget_exceeded",
      });
      expect(await stores.ledger.find("key")).toMatchObject({ entries: [], version: 0 });
      expect(await stores.generations.get(started.id)).toBeNull();
    });
  });
}
