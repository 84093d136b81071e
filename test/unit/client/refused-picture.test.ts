import { createHash } from "node:crypto";
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import { describe, expect, test } from "vitest";
import { inspectionOf } from "../../../bin/client/inspection.ts";
import { acceptRefused, type DecisionNeeds, endRefused } from "../../../bin/client/refused-picture.ts";
import type { Painted } from "../../../lambdas/generations/record.ts";
import { adopt, postponeFetch } from "../../../lambdas/generations/transitions/painted.ts";
import { waitingOf } from "../../../lambdas/generations/waiting-view.ts";
import { NOON, painted, queued, SOURCE_URL } from "../../support/generations.ts";
import { inMemoryGenerations } from "../../support/in-memory-stores.ts";

const PNG = Buffer.from("89504e470d0a1a0a00", "hex");
const KEPT = "unverified/gen_1-00";
const base64 = (bytes: Buffer) => createHash("sha256").update(bytes).digest("base64");

function refused(): Painted {
  return postponeFetch(painted(), {
    now: NOON,
    nextFetchAt: NOON + 60_000,
    host: null,
    unverifiedKey: KEPT,
    reason: "image_refused",
    detail: "what came is no picture we accept (chunk IDAT: wrong CRC)",
  });
}

/** The bucket, as far as the command speaks to it. */
function bucketOf(objects: Map<string, Buffer>): DecisionNeeds["objects"] {
  const send = async (command: unknown) => {
    if (command instanceof GetObjectCommand) {
      const bytes = objects.get(command.input.Key ?? "");
      return { Body: bytes && { transformToByteArray: async () => new Uint8Array(bytes) } };
    }
    if (command instanceof HeadObjectCommand)
      return { ChecksumSHA256: base64(objects.get(command.input.Key ?? "") ?? Buffer.alloc(0)) };
    if (command instanceof PutObjectCommand) {
      const { Key = "", Body, IfNoneMatch } = command.input;
      if (IfNoneMatch === "*" && objects.has(Key))
        throw Object.assign(new Error("exists"), { name: "PreconditionFailed" });
      objects.set(Key, Body as Buffer);
    }
    if (command instanceof DeleteObjectCommand) objects.delete(command.input.Key ?? "");
    return {};
  };
  return { send } as unknown as DecisionNeeds["objects"];
}

function deskWith(bytes: Buffer) {
  const generations = inMemoryGenerations();
  const files = new Map([[KEPT, bytes]]);
  const generation = refused();
  generations.put(generation);
  const needs = { generations, objects: bucketOf(files), bucket: "bucket", now: () => NOON + 5_000 };
  return { generations, files, generation, needs, record: () => generations.records.get(generation.id) };
}

describe("a picture that was refused", () => {
  test("becomes the picture when a person accepts it, with a warning", async () => {
    const { files, generation, needs, record } = deskWith(PNG);
    await acceptRefused(generation, needs);
    const key = `generations/${generation.id}.png`;
    expect(record()).toMatchObject({
      state: "succeeded",
      image: { key, bytes: 9, sha256: createHash("sha256").update(PNG).digest("hex") },
      warnings: [expect.stringContaining("operator")],
    });
    expect([...files]).toEqual([[key, PNG]]);
  });

  test("ends billed when a person gives it up", async () => {
    const { generation, needs, record, files } = deskWith(PNG);
    await endRefused(generation, needs);
    expect(record()).toMatchObject({ state: "failed", error: { code: "image_unavailable", billed: "yes" } });
    expect(files.has(KEPT)).toBe(true);
  });

  test("that begins like none is not accepted", async () => {
    const { generation, needs, record } = deskWith(Buffer.from("<html>"));
    await expect(acceptRefused(generation, needs)).rejects.toMatchObject({ exitCode: 2 });
    expect(record()).toEqual(generation);
  });

  test.each([acceptRefused, endRefused])("is the worker's, where one is quicker than %o", async (decide) => {
    const { generation, generations, needs, record } = deskWith(PNG);
    const moved = adopt(generation, NOON + 1);
    await generations.save(moved);
    await expect(decide(generation, needs)).rejects.toThrow("moved on");
    expect(record()).toEqual(moved);
  });

  test("is not written over one that a worker has stored", async () => {
    const { files, generation, needs, record } = deskWith(PNG);
    const stored = Buffer.from("the true picture");
    const key = `generations/${generation.id}.png`;
    files.set(key, stored);
    await expect(acceptRefused(generation, needs)).rejects.toThrow("moved on");
    expect([files.get(key), record()]).toEqual([stored, generation]);
  });
});

const fetchedSince = () =>
  postponeFetch(refused(), {
    now: NOON + 1,
    nextFetchAt: NOON + 60_000,
    host: null,
    unverifiedKey: null,
    reason: "image_fetching",
    detail: "answer 503",
  });

test.each([queued(), painted(), fetchedSince()])(
  "nothing else can be accepted or ended",
  async (generation) => {
    const { needs } = deskWith(PNG);
    for (const decide of [acceptRefused, endRefused])
      await expect(decide(generation, needs)).rejects.toMatchObject({ exitCode: 2 });
  },
);

test("a person reads state, wait and history; no prompt and no address", () => {
  const generation = refused();
  const text = inspectionOf(
    generation,
    waitingOf(generation, { estimatedStartAt: null, paused: null }),
    NOON,
  );
  for (const said of [
    "painted",
    "operator must act",
    "image_refused",
    KEPT,
    "--accept",
    "fetch_failed",
    "wrong CRC",
    "0.075 USD",
  ])
    expect(text).toContain(said);
  expect(text).not.toContain(SOURCE_URL);
  expect(text).not.toContain("a red fox");
});
