import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { GetObjectCommand, NoSuchKey } from "@aws-sdk/client-s3";
import { describe, expect, test } from "vitest";
import { projectDirectory } from "../../bin/local/surroundings.ts";
import {
  aws,
  call,
  callsFor,
  directory,
  end,
  expectFailure,
  expectQueuesEmpty,
  itemOf,
  type Job,
  job,
  send,
  stack,
  until,
} from "./harness.ts";

const run = promisify(execFile);

/** `npm run inspect -- ID …` as a person runs it: what it printed, and its exit code. */
async function inspect({ id }: Job, ...flags: string[]) {
  const command = [join(projectDirectory, "bin", "inspect.ts"), id, ...flags];
  const env = { ...process.env, LOCAL_DIRECTORY: directory };
  const answer = await run(process.execPath, command, { env }).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (error: { code: number; stdout: string; stderr: string }) => error,
  );
  return { code: answer.code, stdout: answer.stdout, stderr: answer.stderr };
}

/** Decides about a picture; again where a worker's fetch came between, as the command says then. */
function decide(wanted: Job, flag: "--accept" | "--end") {
  return until(`a decision about ${wanted.id}`, async () => {
    const answer = await inspect(wanted, flag);
    return !answer.stderr.includes("has moved on meanwhile") && answer;
  });
}

/** Sends a job whose file is never a picture that we accept, and waits until it is kept and seldom fetched any more. */
async function refused(marker: string): Promise<{ wanted: Job; kept: string }> {
  const wanted = job(`[[fault:${marker}]]`);
  await send(wanted);
  const item = await until("a refused file", async () => {
    const found = await itemOf(wanted);
    return Number(found?.["fetches"]) >= 3 && found;
  });
  return { wanted, kept: String(item["unverified_key"]) };
}

/** The bytes under a key of the bucket; null where there is nothing. */
async function objectAt(Key: string): Promise<Buffer | null> {
  try {
    const { Body } = await aws.bucket.send(new GetObjectCommand({ Bucket: stack.bucket_name, Key }));
    return Buffer.from((await Body?.transformToByteArray()) ?? []);
  } catch (error) {
    if (error instanceof NoSuchKey) return null;
    throw error;
  }
}

describe("a file that is no picture we accept", () => {
  test.concurrent("is kept, waits for a decision, and is the picture once a person accepts it", async () => {
    const { wanted, kept } = await refused("image-bad-crc");
    const file = await objectAt(kept);
    const { body } = await call(`/generations/${wanted.id}`);
    expect(body).toMatchObject({ status: "running", waiting: { for: "operator", reason: "image_refused" } });
    expect((await inspect(wanted)).stdout).toMatch(
      new RegExp(`image_refused(.|\n)*${kept}: --accept makes it the picture`),
    );

    const { code, stdout } = await decide(wanted, "--accept");
    expect([code, stdout]).toEqual([0, expect.stringContaining("accepted it")]);
    const ended = await end(wanted);
    expect(ended).toMatchObject({
      status: "succeeded",
      image: { content_type: "image/png", bytes: file?.length },
      usage: { images: 1, billed: "yes" },
      warnings: [expect.stringMatching(/did not pass the service's checks; its operator .* accepted it/)],
    });
    const shown = await fetch(ended.image?.url ?? "");
    expect(Buffer.from(await shown.arrayBuffer())).toEqual(file);
    expect(await objectAt(kept)).toBeNull();
    expect(await callsFor(wanted.prompt)).toHaveLength(1);

    const again = await inspect(wanted, "--accept");
    expect(again).toMatchObject({
      code: 2,
      stdout: "",
      stderr: expect.stringMatching(/is succeeded and waits for no decision/),
    });
  });

  test.concurrent("ends billed once a person gives it up, and what begins like no picture cannot be accepted", async () => {
    const { wanted, kept } = await refused("image-not-png");
    expect(await decide(wanted, "--accept")).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/begins like no PNG, JPEG or WebP.* --end gives the picture up/),
    });

    expect(await decide(wanted, "--end")).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("image_unavailable"),
    });
    const expected = { code: "image_unavailable", billed: "yes", submissions: 1 } as const;
    await expectFailure(await end(wanted), wanted, expected);
    expect((await objectAt(kept))?.toString()).toContain("Sign in to this network");
  });

  test.concurrent.for(["--accept", "--end"])(
    "%s of one that nothing was refused for changes nothing",
    async (flag) => {
      const wanted = job();
      await send(wanted);
      expect(await inspect(wanted, flag)).toMatchObject({
        code: 2,
        stdout: "",
        stderr: expect.stringMatching(
          /^✖ gen_\w+ is \w+ and waits for no decision: --accept and --end are for/,
        ),
      });
      expect(await end(wanted)).toMatchObject({ status: "succeeded", warnings: [] });
    },
  );

  test("leaves nothing in the queues", expectQueuesEmpty);
});
