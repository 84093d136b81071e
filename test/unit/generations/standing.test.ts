import { beforeEach, describe, expect, test } from "vitest";
import { create } from "../../../lambdas/generations/create.ts";
import { createListing } from "../../../lambdas/generations/listing.ts";
import { requireOpenLimit } from "../../../lambdas/generations/open-limit.ts";
import { parseCreateRequest } from "../../../lambdas/generations/request.ts";
import { EVER } from "../../../lambdas/platform/clock.ts";
import { NOON, offer, painted, schema, submitting, succeeded } from "../../support/generations.ts";
import { inMemoryGenerations } from "../../support/in-memory-stores.ts";

const MODEL = "qwen-image-max";
const OTHER_MODEL = "qwen-image-max-2025-12-30";
/** What this environment has configured; the registry knows of 2. */
const PER_MINUTE = 60;
const INTERVAL = 60_000 / PER_MINUTE;

/** The main door and the queue behind it. */
function openDoor() {
  const generations = inMemoryGenerations();
  const clock = { now: NOON };
  const needs = {
    generations,
    listing: createListing(generations.table.client, "table"),
    mostOpenGenerations: 1000,
    offer,
    quotaOf: () => PER_MINUTE,
    pacerOf: () => ({ pace: { interval: INTERVAL } }),
    now: () => clock.now,
    random: () => 0.5,
  };
  const firstQueued = () => generations.firstQueued("interactive", MODEL, EVER, 1000);
  return {
    clock,
    async post(prompt: string, owner = "many", model = MODEL) {
      const request = parseCreateRequest(schema, { prompt, model });
      const intent = { request, owner, lane: "interactive", idempotencyKey: null } as const;
      return create({ ...intent, ...(await requireOpenLimit(intent, needs)) }, needs);
    },
    /** The worker paints so many, one an interval. */
    async paint(count: number) {
      for (let slot = 0; slot < count; slot++, clock.now += INTERVAL) {
        const [id = ""] = await firstQueued();
        const first = generations.records.get(id);
        if (first?.state !== "queued") throw new Error("nothing is queued");
        generations.put(succeeded(painted(submitting(first)), clock.now));
      }
    },
    async queue() {
      return (await firstQueued()).map((id) => generations.records.get(id)?.input?.prompt);
    },
    placeOf: (prompt: string) => {
      const record = [...generations.records.values()].find(({ input }) => input?.prompt === prompt);
      return Date.parse(record?.place_at ?? "");
    },
  };
}

let door: ReturnType<typeof openDoor>;
beforeEach(() => {
  door = openDoor();
});

const names = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => `many ${from + at}`);

async function postHundred() {
  for (const name of names(0, 100)) {
    await door.post(name);
    door.clock.now += 1;
  }
}

describe("one of an owner's in the queue", () => {
  test.each([1, 10, 60, 98])(
    "is never overtaken by a later one of the same owner, when %i were painted",
    async (painted) => {
      await postHundred();
      await door.paint(painted);
      await door.post("later");
      await door.paint(1);
      await door.post("latest");
      expect(await door.queue()).toEqual([...names(painted + 1, 100), "later", "latest"]);
    },
  );

  test("nor by one that comes after many of another model", async () => {
    await postHundred();
    await door.paint(60);
    for (let other = 0; other < 35; other++) await door.post(`other ${other}`, "many", OTHER_MODEL);
    await door.post("later");
    expect((await door.queue()).at(-1)).toBe("later");
  });

  test("lets another owner's first go before its hundredth", async () => {
    await postHundred();
    await door.paint(10);
    await door.post("the one", "another");
    expect((await door.queue()).indexOf("the one")).toBeLessThan(10);
  });

  test("stands one and a half intervals of the configured pace behind the one before", async () => {
    await postHundred();
    expect(door.placeOf("many 99") - door.placeOf("many 98")).toBe(1.5 * INTERVAL + 1);
  });
});

test("an owner of whom nothing waits any more stands where the clock is", async () => {
  await postHundred();
  await door.paint(100);
  await door.post("later");
  expect(door.placeOf("later")).toBe(door.clock.now);
});

test("those that come where many have been painted go in the order in which they were accepted", async () => {
  await postHundred();
  await door.paint(60);
  for (const name of names(100, 120)) {
    await door.post(name);
    door.clock.now += 1;
  }
  expect((await door.queue()).slice(-20)).toEqual(names(100, 120));
});
