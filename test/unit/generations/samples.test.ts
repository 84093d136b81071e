import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { fromItem, toItem } from "../../../lambdas/generations/item.ts";
import { giveUpImage } from "../../../lambdas/generations/transitions/painted.ts";
import { cancel, expire } from "../../../lambdas/generations/transitions/queued.ts";
import { NOON, painted, queued, submitting, succeeded } from "../../support/generations.ts";

type Item = Readonly<Record<string, unknown>>;
/** The items of one release, by their states. */
type Samples = Readonly<Record<string, Item>>;

const folder = new URL("samples/", import.meta.url);
/** Oldest first: a file for each form that records have had, named after the day it began. */
const releases = readdirSync(folder)
  .sort()
  .map((file): [string, Samples] => [file, JSON.parse(readFileSync(new URL(file, folder), "utf8"))]);
const RETENTION_DAYS = 90;

describe.each(releases)("records of %s", (_, samples) => {
  test.each(Object.entries(samples))("%s: today's code reads it, and loses nothing of it", (_, item) => {
    expect(toItem(fromItem(item), RETENTION_DAYS)).toMatchObject(item);
  });
});

const kindOf = (value: unknown) => (Array.isArray(value) ? "list" : typeof value);
/** What code of before would miss, or take for something else. */
function lost(before: Item, after: Item): string[] {
  return Object.entries(before).flatMap(([name, old]) => {
    const now = after[name];
    if (now === undefined) return [`${name} is gone`];
    return old === null || now === null || kindOf(old) === kindOf(now) ? [] : [`${name} is a ${kindOf(now)}`];
  });
}

const today: Samples = Object.fromEntries(
  [
    queued(),
    submitting(),
    painted(),
    succeeded(),
    giveUpImage(painted(), { now: NOON, detail: "gone" }),
    cancel(queued(), NOON),
    expire(queued(), NOON),
  ].map((generation) => [generation.state, toItem(generation, RETENTION_DAYS)]),
);

test.each(releases)(
  "code of %s reads today's records, as after a deployment that is rolled back: each field is where it was",
  (_, before) => {
    for (const [state, item] of Object.entries(before)) expect(lost(item, today[state] ?? {})).toEqual([]);
  },
);

test("the newest of them have every state", () => {
  expect(Object.keys(releases.at(-1)?.[1] ?? {}).sort()).toEqual(Object.keys(today).sort());
});
