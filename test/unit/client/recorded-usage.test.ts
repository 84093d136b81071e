import { describe, expect, test } from "vitest";
import { compare, countMissing, differing } from "../../../bin/client/recorded-usage.ts";
import { usageOf } from "../../../bin/client/usage-words.ts";
import { createUsageStore } from "../../../lambdas/budgets/usage-table.ts";
import { countingOf } from "../../../lambdas/generations/counting.ts";
import { createHeldPrices } from "../../../lambdas/generations/open-prices.ts";
import { queued, succeeded } from "../../support/generations.ts";
import { inMemoryGenerations } from "../../support/in-memory-stores.ts";

const MONTH = "2026-11";
const PRICE = 75_000;

/** A table with three pictures, of which one is counted, one that is under way, and one of another month. */
async function tableOfThree() {
  const generations = inMemoryGenerations();
  const { client } = generations.table;
  const usage = createUsageStore(client, "table");
  const ends = [succeeded(), succeeded(), succeeded()];
  for (const each of [...ends, queued(), { ...succeeded(), created_at: "2026-10-01T00:00:00.000Z" }])
    generations.put(each);
  for (const end of ends.slice(0, 1)) await usage.count(countingOf(end, 30));
  return { generations, ends, needs: { documents: client, table: "table", retentionDays: 30, usage } };
}

describe("the counters of a month", () => {
  test("are told apart from the records where some are missing, and complete once these are counted", async () => {
    const { needs } = await tableOfThree();
    const [difference] = differing(await compare(MONTH, needs));
    expect([difference?.counted.images, difference?.recorded.images]).toEqual([1, 3]);

    expect([await countMissing(MONTH, needs), await countMissing(MONTH, needs)]).toEqual([2, 0]);
    expect(differing(await compare(MONTH, needs))).toEqual([]);
  });

  test("are set right where a hand has changed them, but not over a change that came meanwhile", async () => {
    const { needs, ends } = await tableOfThree();
    await countMissing(MONTH, needs);
    const [right] = await compare(MONTH, needs);
    if (right === undefined) throw new Error("nothing was compared");
    expect(
      await needs.usage.correct(right.account, { images: 9, cost: 9, unknown: 9 }, right.changes ?? 0),
    ).toBe(true);

    const [wrong] = differing(await compare(MONTH, needs));
    if (wrong === undefined) throw new Error("nothing differs");
    const late = { ...countingOf(succeeded(), 30), id: "gen_late", version: 99 };
    await needs.usage.count(late);
    expect(await needs.usage.correct(wrong.account, wrong.recorded, wrong.changes ?? 0)).toBe(false);

    const [again] = differing(await compare(MONTH, needs));
    expect(again?.recorded).toEqual({ images: ends.length, cost: ends.length * PRICE, unknown: 0 });
  });

  test("are neither right nor wrong where they change while the records are read", async () => {
    const { needs } = await tableOfThree();
    let reads = 0;
    const usage = {
      ...needs.usage,
      async counters(month: string) {
        if (reads++ === 1) await needs.usage.count({ ...countingOf(succeeded(), 30), id: "gen_meanwhile" });
        return needs.usage.counters(month);
      },
    };
    const compared = await compare(MONTH, { ...needs, usage });
    expect(compared.map(({ changes }) => changes)).toEqual([null]);
    expect(differing(compared)).toEqual([]);
  });

  test("are shown by owner and model, with what is under way and a sum", async () => {
    const { needs } = await tableOfThree();
    const held = await createHeldPrices(needs.documents, "table")(MONTH);
    expect(usageOf(MONTH, await needs.usage.counters(MONTH), held).split("\n")).toEqual([
      "2026-11, by when it was accepted (UTC)",
      "OWNER  MODEL           PICTURES  COST   UNKNOWN  HELD",
      "owner  qwen-image-max  1         0.075  0        0.075  USD",
      "all                    1         0.075  0        0.075  USD",
    ]);
    expect(usageOf("2026-09", [], [])).toBe("2026-09: no picture was made or is under way.");
  });
});
