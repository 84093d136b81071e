import { describe, expect, test } from "vitest";
import { isOpen } from "../../../lambdas/generations/record.ts";
import { createUnannouncedEnds } from "../../../lambdas/generations/unannounced-ends.ts";
import { tellMissedEnds } from "../../../lambdas/workflows/missed-ends.ts";
import { MINUTE, NOON, queued, submitting, succeeded } from "../../support/generations.ts";
import { inMemoryGenerations } from "../../support/in-memory-stores.ts";
import { play } from "../../support/world/play.ts";
import { calm, job } from "../../support/world/scenario.ts";

function missed() {
  const generations = inMemoryGenerations();
  const ends = createUnannouncedEnds(generations.table.client, "table");
  const signals: string[] = [];
  const clock = { now: NOON };
  const run = () =>
    tellMissedEnds({
      generations,
      ends,
      now: () => clock.now,
      signal: (name, id) => signals.push(`${name} ${id}`),
    });
  const triesOf = (id: string) => {
    const record = generations.records.get(id);
    return record === undefined || isOpen(record) ? null : record.announce_tries;
  };
  return { generations, ends, signals, clock, run, triesOf };
}

describe("an end that nobody has heard of", () => {
  test("is told again five minutes after it, and then less and less often", async () => {
    const { generations, clock, run, triesOf } = missed();
    const end = succeeded();
    generations.put(end);
    const tries: (number | null)[] = [];
    for (let minute = 0; minute <= 40; minute += 5) {
      clock.now = NOON + minute * MINUTE;
      await run();
      tries.push(triesOf(end.id));
    }
    expect(tries).toEqual([0, 1, 2, 2, 3, 3, 3, 3, 4]);
  });

  test("leaves the index once it is announced, and nothing else does", async () => {
    const { generations, ends, clock, run, triesOf } = missed();
    const [end, waiting] = [succeeded(), queued()];
    generations.put(end);
    generations.put(waiting);
    await ends.announced(end.id);
    await ends.announced(waiting.id);
    clock.now = NOON + 60 * MINUTE;
    await run();
    expect(triesOf(end.id)).toBe(0);
    expect(await ends.due(clock.now)).toEqual([]);
    expect(await generations.due(clock.now)).toEqual([waiting.id]);
  });

  test("is given up after days, and a person hears of it", async () => {
    const { generations, ends, signals, clock, run } = missed();
    const end = { ...succeeded(), announce_tries: 10 };
    generations.put(end);
    clock.now = NOON + 60 * MINUTE;
    await run();
    expect(signals).toEqual([`EndNotAnnounced ${end.id}`]);
    expect(await ends.due(clock.now)).toEqual([]);
  });

  test("holds up no other by its record that cannot be read", async () => {
    const { generations, clock, run, triesOf } = missed();
    const [broken, end] = [succeeded(), succeeded()];
    generations.put(broken);
    generations.put(end);
    const { pk } = { pk: `generation#${broken.id}` };
    generations.table.items.set(pk, { ...generations.table.items.get(pk), owner: 7 });
    clock.now = NOON + 60 * MINUTE;
    await run();
    generations.table.items.delete(pk);
    expect(triesOf(end.id)).toBe(1);
  });

  test("is none of those that are still to end, and none of before this was kept", async () => {
    const { generations, ends } = missed();
    generations.put(submitting());
    generations.put({ ...succeeded(), announced: true });
    expect(await ends.due(NOON + 24 * 60 * MINUTE)).toEqual([]);
  });
});

test("a stream that loses an end delays its announcement by minutes, and loses none", async () => {
  const result = await play({ ...calm, jobs: [job(), job({ lane: "batch" })], lostEnds: [0, 1] });
  expect(result.violations).toEqual([]);
  expect(result.events.filter((event) => event.includes("the stream loses"))).toHaveLength(2);
});
