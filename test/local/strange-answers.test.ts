import { GetObjectCommand, ListObjectsV2Command } from "@aws-sdk/client-s3";
import { describe, expect, test } from "vitest";
import { strangeNames } from "../support/dashscope-simulator/strange-answers.ts";
import {
  aws,
  callsFor,
  download,
  end,
  expectFailure,
  expectPicture,
  expectQueuesEmpty,
  job,
  send,
  simulator,
  stack,
} from "./harness.ts";

/** The calls of an intent's prompt that the provider billed. */
const billedFor = async ({ prompt }: { prompt: string }) =>
  (await callsFor(prompt)).filter(({ billed }) => billed);

describe("a picture in a strange answer is painted once, paid once and stored", () => {
  const withPicture = strangeNames
    .filter((name) => name !== "oss")
    .map((name) => `[[answer:${name}]]`)
    .concat("[[fault:huge-body]]");

  // One at a time: the calls of many at once would exceed the short time-out that the provider has here.
  test.for(withPicture)("%s", async (marker) => {
    const wanted = job(marker);
    await send(wanted);

    const ended = await end(wanted);
    expect(ended).toMatchObject({ status: "succeeded", error: null, usage: { images: 1, billed: "yes" } });
    const billed = await billedFor(wanted);
    expect(billed).toHaveLength(1);
    expect((await download(ended)).paintedSha256).toBe(billed[0]?.image_sha256);
  });

  test("beside an ordinary one", async () => {
    const wanted = job();
    await send(wanted);
    await expectPicture(await end(wanted), wanted);
  });
});

test("an answer that is not understood is kept for the operator, and asked once", async () => {
  const wanted = job("[[answer:oss]]");
  await send(wanted);

  const ended = await end(wanted);
  const expected = { code: "upstream_outcome_unknown", billed: "unknown", submissions: 1 } as const;
  await expectFailure(ended, wanted, expected);
  const kept = await keysUnder(`answers/${wanted.id}-`);
  expect(kept).toHaveLength(1);
  expect(ended.error?.message).toContain(`kept as ${kept[0]}`);
  const { Body } = await aws.bucket.send(
    new GetObjectCommand({ Bucket: stack.bucket_name, Key: kept[0] ?? "" }),
  );
  const answer = JSON.parse((await Body?.transformToString()) ?? "");
  expect(answer).toMatchObject({ status: 200, complete: true });
  expect(Buffer.from(answer.body_base64, "base64").toString()).toContain("oss://dashscope-7c2c/7d/out.png");
  expect(JSON.stringify(answer)).not.toContain("apikeyid");
});

test("nothing was done that a careful client never does, and nothing is left in the queues", async () => {
  expect(await simulator.violations()).toEqual([]);
  await expectQueuesEmpty();
});

async function keysUnder(prefix: string): Promise<string[]> {
  const { Contents = [] } = await aws.bucket.send(
    new ListObjectsV2Command({ Bucket: stack.bucket_name, Prefix: prefix }),
  );
  return Contents.map(({ Key = "" }) => Key);
}
