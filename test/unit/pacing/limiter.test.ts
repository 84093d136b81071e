import { ConditionalCheckFailedException } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient, GetCommand, PutCommand } from "@aws-sdk/lib-dynamodb";
import { mockClient } from "aws-sdk-client-mock";
import { beforeEach, describe, expect, test } from "vitest";
import { createPacer, type Pacer } from "../../../lambdas/pacing/limiter.ts";
import type { Slot } from "../../../lambdas/pacing/limiter-state.ts";
import { closest, paceOf } from "../../../lambdas/pacing/pace.ts";
import { MINUTE, NOON } from "../../support/generations.ts";
import { inMemoryPacer } from "../../support/in-memory-stores.ts";
import { inMemoryTable, repeating } from "../../support/in-memory-table.ts";

const INTERVAL = 30_000;
const PATIENCE = 10_000;
const CLOSEST = closest({ interval: INTERVAL, burst: 1 });

let now = NOON;
beforeEach(() => {
  now = NOON;
});

const pacerOf = (burst = 1) => inMemoryPacer({ interval: INTERVAL, burst }, () => now);

function pacerOver(client: unknown, sleep: (milliseconds: number) => Promise<void> = async () => {}): Pacer {
  return createPacer({
    client: client as DynamoDBDocumentClient,
    table: "table",
    region: "sg",
    model: "qwen-image-max",
    pace: { interval: INTERVAL, burst: 1 },
    now: () => now,
    sleep,
  });
}

/** A provider with a quota, and everybody who asks it through one pacer. */
function provider(perMinute: number) {
  const table = inMemoryTable();
  const pacer = createPacer({
    client: table.client,
    table: "table",
    region: "sg",
    model: "qwen-image-max",
    pace: paceOf(perMinute, 1),
    now: () => now,
    sleep: async () => {},
  });
  const calls: number[] = [];
  const office = {
    table,
    pacer,
    async slot(): Promise<Slot> {
      const turn = await pacer.take(Number.POSITIVE_INFINITY);
      const slot = turn.kind === "slot" ? await pacer.confirm(turn) : null;
      if (slot === null) throw new Error("no slot");
      return slot;
    },
    async leave(slot: Slot) {
      calls.push(now);
      await pacer.departed(slot, now);
    },
    async punctually(count: number) {
      for (let call = 0; call < count; call++) {
        const slot = await office.slot();
        now = Math.max(now, slot.at);
        await office.leave(slot);
      }
    },
    mostInAMinute: () =>
      Math.max(...calls.map((from) => calls.filter((at) => at >= from && at < from + MINUTE).length)),
  };
  return office;
}

async function slotOf(pacer: Pacer): Promise<Slot> {
  const turn = await pacer.take(PATIENCE);
  if (turn.kind !== "slot") throw new Error("no slot");
  return turn;
}

describe("turns", () => {
  test("the first is at once, the next for whoever is patient enough, the others by appointment", async () => {
    const pacer = pacerOf();
    expect(await pacer.take(PATIENCE)).toMatchObject({ kind: "slot", at: NOON, number: 1, probe: false });
    expect(await pacer.take(INTERVAL)).toMatchObject({ kind: "slot", at: NOON + INTERVAL, number: 2 });
    expect(await pacer.take(PATIENCE)).toEqual({ kind: "appointment", at: NOON + 2 * INTERVAL });
    expect(await pacer.take(PATIENCE)).toEqual({ kind: "appointment", at: NOON + 3 * INTERVAL });
  });

  test("an appointment takes no slot: whoever comes first when it is there gets it", async () => {
    const pacer = pacerOf();
    await pacer.take(PATIENCE);
    await pacer.take(PATIENCE);
    now = NOON + INTERVAL;
    expect(await pacer.take(PATIENCE)).toMatchObject({ kind: "slot", at: NOON + INTERVAL });
  });

  test("after an idle time, a burst leaves at once and no more", async () => {
    const pacer = pacerOf(3);
    const turns = [await pacer.take(0), await pacer.take(0), await pacer.take(0), await pacer.take(0)];
    expect(turns.map(({ kind }) => kind)).toEqual(["slot", "slot", "slot", "appointment"]);
  });

  test("a clock that goes back gives no slot away twice", async () => {
    const pacer = pacerOf();
    await pacer.take(PATIENCE);
    now = NOON - 5000;
    expect(await pacer.take(PATIENCE)).toEqual({ kind: "appointment", at: NOON + INTERVAL });
  });

  test("the status says when the next message would be served", async () => {
    const pacer = pacerOf();
    await pacer.take(PATIENCE);
    await pacer.take(PATIENCE);
    expect(await pacer.status()).toEqual({
      nextSlotAt: NOON + INTERVAL,
      nextAppointmentAt: NOON + 2 * INTERVAL,
      paused: null,
      throttled: 0,
    });
  });
});

describe("a hold-off", () => {
  test.each([1, 3])("binds everybody, with a burst of %i too", async (burst) => {
    const pacer = pacerOf(burst);
    await pacer.holdOff(NOON + MINUTE);
    expect(await pacer.take(PATIENCE)).toEqual({ kind: "appointment", at: NOON + MINUTE });
    now = NOON + MINUTE;
    expect(await slotOf(pacer)).toMatchObject({ at: NOON + MINUTE });
  });

  test("voids a slot that somebody waits for", async () => {
    const pacer = pacerOf();
    const slot = await slotOf(pacer);
    expect(await pacer.confirm(slot)).toEqual(slot);
    await pacer.holdOff(NOON + MINUTE);
    expect(await pacer.confirm(slot)).toBeNull();
    now = NOON + MINUTE;
    expect(await pacer.confirm(slot)).toMatchObject({ number: slot.number, at: slot.at });
  });

  test("leaves a slot alone that begins just when it ends", async () => {
    const pacer = pacerOf();
    await pacer.holdOff(NOON + 5000);
    const slot = await slotOf(pacer);
    expect(slot.at).toBe(NOON + 5000);
    expect(await pacer.confirm(slot)).toEqual(slot);
  });

  test("is never shortened by a later one", async () => {
    const pacer = pacerOf();
    await pacer.holdOff(NOON + MINUTE);
    await pacer.holdOff(NOON + 1000);
    expect((await pacer.status()).nextSlotAt).toBe(NOON + MINUTE);
  });
});

describe("a call that leaves late", () => {
  test("moves everybody behind it, those who have their slots already too", async () => {
    const pacer = pacerOf();
    const [first, second] = [await slotOf(pacer), await pacer.take(INTERVAL)];
    if (second.kind !== "slot") throw new Error("no slot");
    await pacer.departed(first, NOON + 4000);
    const moved = await pacer.confirm(second);
    expect(moved?.at).toBeGreaterThan(second.at + 3700);
    expect(moved?.at).toBeLessThanOrEqual(second.at + 4000);
    expect(await pacer.take(2 * INTERVAL + 4000)).toMatchObject({ at: (moved?.at ?? 0) + CLOSEST });
  });

  test("on time, or by a timer's error, moves nobody and reads nothing", async () => {
    const pacer = pacerOf();
    const slot = await slotOf(pacer);
    await pacer.departed(slot, NOON + 10);
    expect(await pacer.confirm(slot)).toEqual(slot);
    const dynamodb = mockClient(DynamoDBDocumentClient);
    await pacerOver(dynamodb).departed(slot, NOON + 100);
    expect(dynamodb.calls()).toEqual([]);
  });

  test("is one call more, however late: the line moves by one interval at most", async () => {
    const pacer = pacerOf();
    const slot = await slotOf(pacer);
    now = NOON + 20 * MINUTE;
    await pacer.take(0);
    await pacer.departed(slot, now);
    expect(await pacer.take(2 * INTERVAL)).toMatchObject({ at: now + 2 * CLOSEST });
  });

  test("together with others, for the same reason, counts once", async () => {
    const pacer = pacerOf();
    const [first, second] = [await slotOf(pacer), await pacer.take(INTERVAL)];
    if (second.kind !== "slot") throw new Error("no slot");
    await pacer.departed(first, NOON + 5000);
    const before = (await pacer.status()).nextSlotAt;
    await pacer.departed(second, second.at + 5000);
    // As far from the first as it was planned.
    expect((await pacer.status()).nextSlotAt).toBe(before);
    await pacer.departed(second, second.at + 6000);
    expect((await pacer.status()).nextSlotAt).toBe(before + 1000);
  });
});

describe("calls that leave late, as the provider counts them", () => {
  test.each([40_000, 50_000, 60_000, 100_000])(
    "2 a minute: one that leaves %i ms late, after an idle time",
    async (late) => {
      const office = provider(2);
      const slot = await office.slot();
      now = NOON + late;
      await office.leave(slot);
      await office.punctually(5);
      expect(office.mostInAMinute()).toBe(2);
    },
  );

  test.each([
    [60, 3],
    [60, 6],
    [120, 6],
    [300, 10],
  ])("%i a minute: %i that a slow table delays, and that leave together", async (perMinute, together) => {
    const office = provider(perMinute);
    const slots: Slot[] = [];
    for (let taken = 0; taken < together; taken++) slots.push(await office.slot());
    now = slots.at(-1)?.at ?? 0;
    for (const slot of slots) await office.leave(slot);
    await office.punctually(2 * perMinute);
    expect(office.mostInAMinute()).toBeLessThanOrEqual(perMinute);
  });

  test("one that others have overtaken is one call more, and not as many as they are", async () => {
    const office = provider(60);
    const late = await office.slot();
    await office.punctually(20);
    await office.leave(late);
    expect((await office.pacer.status()).nextSlotAt - now).toBeLessThan(2100);
    await office.punctually(100);
    expect(office.mostInAMinute()).toBeLessThanOrEqual(60);
  });

  test("small delays, now and then, are caught up with: no quota stays idle", async () => {
    const office = provider(60);
    for (let call = 0; call < 300; call++) {
      const slot = await office.slot();
      now = slot.at + (call % 20 === 0 ? 120 : 0);
      await office.leave(slot);
    }
    expect(office.mostInAMinute()).toBeLessThanOrEqual(60);
    expect(now - NOON).toBeLessThan(1.005 * 299 * office.pacer.pace.interval);
  });
});

describe("a release that does not know of late calls", () => {
  /** Puts the item back as such a release does: without what it does not know. */
  function putBackByOldRelease(office: ReturnType<typeof provider>) {
    const key = "pacer#sg#qwen-image-max";
    const { moved, overtaken, actual_arrival, move_id, ...known } = office.table.items.get(key) ?? {};
    office.table.items.set(key, { ...known, version: Number(known["version"]) + 1 });
  }

  test("makes no slot come earlier", async () => {
    const office = provider(2);
    const first = await office.slot();
    now = NOON + 20_000;
    await office.leave(first);
    const second = await office.slot();
    putBackByOldRelease(office);
    expect((await office.pacer.confirm(second))?.at).toBe(second.at);
  });

  test("makes no late call move the line by all that it ever moved", async () => {
    const office = provider(2);
    for (let call = 0; call < 20; call++) {
      const slot = await office.slot();
      now = slot.at + 10_000;
      await office.leave(slot);
    }
    const slot = await office.slot();
    putBackByOldRelease(office);
    now = slot.at + 500;
    await office.leave(slot);
    expect((await office.pacer.status()).nextSlotAt - now).toBeLessThan(31_000);
  });
});

describe("a pause", () => {
  test("stops everybody but one probe a minute", async () => {
    const pacer = pacerOf();
    const before = await slotOf(pacer);
    await pacer.pause("key");
    expect(await pacer.confirm(before)).toBeNull();
    now = NOON + 49_999;
    expect((await pacer.take(PATIENCE)).kind).toBe("appointment");
    now = NOON + 50_000;
    const probe = await slotOf(pacer);
    expect(probe).toMatchObject({ at: NOON + MINUTE, probe: true });
    expect(await pacer.confirm(probe)).toEqual(probe);
    expect(await pacer.take(PATIENCE)).toMatchObject({ kind: "appointment" });
    now = NOON + 2 * MINUTE;
    expect(await slotOf(pacer)).toMatchObject({ at: NOON + 2 * MINUTE, probe: true });
  });

  test("again is the same pause: the probe does not move away", async () => {
    const pacer = pacerOf();
    await pacer.pause("key");
    now = NOON + 55_000;
    await pacer.pause("key");
    expect(await slotOf(pacer)).toMatchObject({ at: NOON + MINUTE, probe: true });
  });

  test("ends with resume, for everybody", async () => {
    const pacer = pacerOf();
    await pacer.pause("money");
    expect(await pacer.status()).toMatchObject({ paused: "money" });
    await pacer.resume();
    expect(await slotOf(pacer)).toMatchObject({ at: NOON, probe: false });
  });
});

describe("throttles that go on", () => {
  test("count once for each hold-off: calls on their way say nothing new; healthy answers count back", async () => {
    const pacer = pacerOf();
    const level = async () => (await pacer.confirm({ ...(await slotOf(pacer)), probe: true }))?.throttleLevel;
    await pacer.holdOff(NOON, NOON - 10);
    now = NOON + 2000;
    await pacer.holdOff(NOON, NOON - 5);
    expect(await level()).toBe(1);
    now = NOON + MINUTE;
    await pacer.holdOff(NOON, NOON + 1);
    expect(await level()).toBe(2);
    await pacer.worked({ leftAt: now, probe: false });
    now = NOON + 2 * MINUTE;
    expect(await level()).toBe(1);
  });

  test("tell so when the hold-offs cannot grow any more", async () => {
    const pacer = pacerOf();
    const tells: boolean[] = [];
    for (let count = 1; count <= 5; count++) {
      tells.push(await pacer.holdOff(NOON, now));
      now += MINUTE;
    }
    expect(tells).toEqual([false, false, false, false, true]);
  });

  test("are counted for about an hour, for who looks whether the quota is right", async () => {
    const pacer = pacerOf();
    for (let count = 1; count <= 6; count++) await pacer.holdOff(NOON, NOON);
    now = NOON + 60 * MINUTE;
    expect(await pacer.status()).toMatchObject({ throttled: 6 });
    now++;
    expect(await pacer.status()).toMatchObject({ throttled: 0 });
  });

  test("hold nobody for longer than five minutes", async () => {
    const pacer = pacerOf();
    await pacer.holdOff(NOON + 24 * 60 * MINUTE);
    expect(await pacer.status()).toMatchObject({ nextSlotAt: NOON + 5 * MINUTE });
  });
});

describe("failures", () => {
  test("are an outage only in a row: an answer that works makes the count begin anew", async () => {
    const pacer = pacerOf();
    await pacer.failed("one");
    await pacer.failed("two");
    await pacer.worked({ leftAt: now, probe: false });
    expect(await pacer.failed("three")).toBe(false);
    expect(await pacer.failed("four")).toBe(false);
    expect(await pacer.failed("five")).toBe(true);
    expect(await pacer.status()).toMatchObject({ paused: "outage" });
  });

  test("give way to the account's fault, which is its operator's to mend, and not the other way round", async () => {
    const pacer = pacerOf();
    for (const id of ["one", "two", "three"]) await pacer.failed(id);
    await pacer.pause("money", { id: "four", proof: "code" });
    await pacer.failed("five");
    expect(await pacer.status()).toMatchObject({ paused: "money" });
  });

  test("end with a probe that works, and not with one that is only answered", async () => {
    const pacer = pacerOf();
    for (const id of ["one", "two", "three"]) await pacer.failed(id);
    await pacer.resume();
    expect(await pacer.status()).toMatchObject({ paused: "outage" });
    await pacer.worked({ leftAt: now, probe: true });
    expect(await pacer.status()).toMatchObject({ paused: null });
  });
});

describe("a healthy limiter", () => {
  test("is not written for an answer", async () => {
    const { table, pacer } = provider(2);
    await pacer.take(0);
    const before = structuredClone([...table.items.values()]);
    await pacer.worked({ leftAt: now, probe: false });
    expect([...table.items.values()]).toEqual(before);
  });
});

describe("the item", () => {
  const dynamodb = mockClient(DynamoDBDocumentClient);
  const naps: number[] = [];
  const refused = new ConditionalCheckFailedException({ $metadata: {}, message: "version" });

  const pacer = () =>
    pacerOver(dynamodb, async (milliseconds) => {
      naps.push(milliseconds);
    });

  beforeEach(() => {
    dynamodb.reset();
    naps.length = 0;
    dynamodb.on(GetCommand).resolves({});
  });

  test("is one for each region and model, read consistently and written over the version read", async () => {
    dynamodb.on(PutCommand).resolves({});
    await pacer().take(0);
    expect(dynamodb.commandCalls(GetCommand)[0]?.args[0].input).toMatchObject({
      Key: { pk: "pacer#sg#qwen-image-max" },
      ConsistentRead: true,
    });
    expect(dynamodb.commandCalls(PutCommand)[0]?.args[0].input).toMatchObject({
      Item: { pk: "pacer#sg#qwen-image-max", version: 1, slot_number: 1 },
      ConditionExpression: "attribute_not_exists(pk) OR version = :read",
      ExpressionAttributeValues: { ":read": 0 },
    });
  });

  test("contended, it is read and moved anew after a nap", async () => {
    dynamodb.on(PutCommand).rejectsOnce(refused).rejectsOnce(refused).resolves({});
    expect(await pacer().take(0)).toMatchObject({ kind: "slot" });
    expect(dynamodb.commandCalls(GetCommand)).toHaveLength(3);
    expect(naps).toHaveLength(2);
  });

  test("written, with the answer lost and the write repeated by the SDK, it has given one slot and not two", async () => {
    const table = inMemoryTable();
    const lossy = pacerOver(repeating(table, (command) => command instanceof PutCommand));
    expect(await lossy.take(PATIENCE)).toMatchObject({ kind: "slot", at: NOON, number: 1 });
    expect(table.items.get("pacer#sg#qwen-image-max")).toMatchObject({ slot_number: 1 });
  });

  test("contended for ever, it fails rather than hands out a slot", async () => {
    dynamodb.on(PutCommand).rejects(refused);
    await expect(pacer().take(0)).rejects.toThrow("contended");
    expect(dynamodb.commandCalls(PutCommand)).toHaveLength(30);
  });

  test("a table that fails is the caller's to retry", async () => {
    dynamodb.on(PutCommand).rejects(new Error("throttled"));
    await expect(pacer().take(0)).rejects.toThrow("throttled");
    expect(dynamodb.commandCalls(PutCommand)).toHaveLength(1);
  });

  test("an unreadable item fails loudly", async () => {
    dynamodb.on(GetCommand).resolves({ Item: { version: "one" } });
    await expect(pacer().take(0)).rejects.toThrow();
  });
});
