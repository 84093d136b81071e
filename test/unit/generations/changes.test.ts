import { marshall } from "@aws-sdk/util-dynamodb";
import type { DynamoDBRecord, DynamoDBStreamEvent } from "aws-lambda";
import { describe, expect, test } from "vitest";
import { readChanges } from "../../../lambdas/generations/changes.ts";
import { toItem } from "../../../lambdas/generations/item.ts";
import type { Generation } from "../../../lambdas/generations/record.ts";
import { cancel } from "../../../lambdas/generations/transitions/queued.ts";
import { requeue } from "../../../lambdas/generations/transitions/refuse.ts";
import { remove } from "../../../lambdas/generations/transitions/remove.ts";
import { relayTurns } from "../../../lambdas/painting/queue.ts";
import { relayEnds } from "../../../lambdas/workflows/relay.ts";
import { NOON, painted, queued, refusal, submitting, succeeded } from "../../support/generations.ts";

function image(generation: Generation) {
  return marshall(toItem(generation, 30), { removeUndefinedValues: true });
}

function change(before: Generation | null, after: Generation): DynamoDBRecord {
  return {
    dynamodb: {
      Keys: { pk: { S: `generation#${after.id}` } },
      NewImage: image(after),
      ...(before !== null && { OldImage: image(before) }),
    },
  } as unknown as DynamoDBRecord;
}

function relay() {
  const sent: string[][] = [];
  const announced: string[] = [];
  const noted: string[] = [];
  const signals: string[] = [];
  const result = { sent, announced, noted, signals, unreadable: 0, failing: "" };
  const queue = {
    send: async (ids: readonly string[]) => {
      if (result.failing === "queue") throw new Error("SQS fails");
      sent.push([...ids]);
    },
  };
  const announce = async ({ id }: Generation) => {
    if (result.failing === id) throw new Error("EventBridge fails");
    announced.push(id);
  };
  const run = async (...Records: DynamoDBRecord[]) => {
    const changes = readChanges({ Records } as DynamoDBStreamEvent, () => {
      result.unreadable++;
    });
    await relayTurns(changes, queue);
    await relayEnds(changes, {
      announce,
      ends: {
        announced: async (id) => {
          noted.push(id);
        },
      },
      sleep: async () => {},
      signal: (name, id) => signals.push(`${name} ${id}`),
    });
  };
  return Object.assign(result, { run });
}

describe("the relay", () => {
  test("queues a message for every new generation", async () => {
    const { run, sent } = relay();
    const [first, second] = [queued(), queued()];
    await run(change(null, first), change(null, second));
    expect(sent).toEqual([[first.id, second.id]]);
  });

  test("tells the end of every generation, once", async () => {
    const { run, sent, announced } = relay();
    const end = succeeded();
    const gone = cancel(queued(), NOON);
    await run(change(painted(), end), change(queued(), gone), change(end, remove(end, NOON)));
    expect(announced).toEqual([end.id, gone.id]);
    expect(sent).toEqual([[]]);
  });

  test("passes what is on its way in silence", async () => {
    const { run, sent, announced } = relay();
    const start = queued();
    await run(
      change(start, submitting(start)),
      change(submitting(start), painted(submitting(start))),
      change(submitting(start), requeue(submitting(start), refusal({ notBefore: NOON, counted: true }))),
    );
    expect([sent, announced]).toEqual([[[]], []]);
  });

  test("says everything again when the batch comes again", async () => {
    const { run, sent, announced } = relay();
    const [start, end] = [queued(), succeeded()];
    const batch = [change(null, start), change(painted(), end)];
    await run(...batch);
    await run(...batch);
    expect(sent).toEqual([[start.id], [start.id]]);
    expect(announced).toEqual([end.id, end.id]);
  });

  test("fails the batch when the queue fails, so that it comes again", async () => {
    const failing = relay();
    failing.failing = "queue";
    await expect(failing.run(change(null, queued()), change(painted(), succeeded()))).rejects.toThrow(
      "fails",
    );
  });

  test("an end that cannot be told holds up no other change, and is not noted as announced", async () => {
    const failing = relay();
    const [start, end, other] = [queued(), succeeded(), succeeded()];
    failing.failing = end.id;
    await failing.run(change(painted(), end), change(null, start), change(painted(), other));
    expect(failing.sent).toEqual([[start.id]]);
    expect(failing.announced).toEqual([other.id]);
    expect(failing.noted).toEqual([other.id]);
    expect(failing.signals).toEqual([`EndNotAnnounced ${end.id}`]);
  });

  test("tells an end again where the reconciler asks for it, and not where somebody else changes the record", async () => {
    const { run, announced } = relay();
    const end = succeeded();
    await run(change(end, { ...end, announce_tries: 1 }));
    await run(change(end, { ...end, announced: true }), change(end, remove(end, NOON)));
    await run(change(end, { ...end, announced: true, announce_tries: 1 }));
    expect(announced).toEqual([end.id]);
  });

  test("passes an unreadable change over, with an alarm, and goes on", async () => {
    const relayed = relay();
    const start = queued();
    const broken = change(null, queued());
    if (broken.dynamodb?.NewImage) broken.dynamodb.NewImage.owner = { N: "7" };
    await relayed.run(broken, change(null, start));
    expect(relayed.unreadable).toBe(1);
    expect(relayed.sent).toEqual([[start.id]]);
  });

  test("passes over a change to a record of a newer version in silence: it is that version's to tell", async () => {
    const relayed = relay();
    const newer = change(null, queued());
    if (newer.dynamodb?.NewImage) newer.dynamodb.NewImage.schema = { N: "2" };
    const start = queued();
    await relayed.run(newer, change(null, start));
    expect([relayed.unreadable, relayed.sent]).toEqual([0, [[start.id]]]);
  });

  test("leaves removals and other items alone", async () => {
    const relayed = relay();
    const removal = { dynamodb: { Keys: { pk: { S: "generation#gen_1" } } } } as unknown as DynamoDBRecord;
    const pacer = { dynamodb: { Keys: { pk: { S: "pacer#sg#m" } }, NewImage: { pk: { S: "pacer#sg#m" } } } };
    await relayed.run(removal, pacer as unknown as DynamoDBRecord);
    expect([relayed.sent, relayed.announced, relayed.unreadable]).toEqual([[[]], [], 0]);
  });
});
