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

test.each(releases.slice(1).map((release, index) => [release[0], releases[index]!, release] as const))(
  "the code before reads records of %s, as a deployment that is rolled back has to: each field is where it was",
  (_, [, before], [, after]) => {
    for (const [state, item] of Object.entries(before)) expect(lost(item, after[state] ?? {})).toEqual([]);
  },
);

test("today's form is the newest sample: one that has changed is kept in a file of its own, beside the older ones", () => {
  const today = {
    queued: queued(),
    submitting: submitting(),
    painted: painted(),
    succeeded: succeeded(),
    failed: giveUpImage(painted(), { now: NOON, detail: "gone" }),
    canceled: cancel(queued(), NOON),
    expired: expire(queued(), NOON),
  };
  const [, newest] = releases.at(-1)!;
  const fields = (items: Samples) =>
    Object.fromEntries(Object.entries(items).map(([state, item]) => [state, Object.keys(item).sort()]));
  const written = Object.fromEntries(
    Object.entries(today).map(([state, generation]) => [state, toItem(generation, RETENTION_DAYS)]),
  );
  const advice = `keep this as samples/YYYY-MM-DD.json, and leave the others:\n${JSON.stringify(written)}\n`;
  expect(fields(written), advice).toEqual(fields(newest));
});
