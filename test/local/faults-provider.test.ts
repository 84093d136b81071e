import { GetObjectCommand } from "@aws-sdk/client-s3";
import { PutSecretValueCommand } from "@aws-sdk/client-secrets-manager";
import { GetCommand } from "@aws-sdk/lib-dynamodb";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { processesOf, workerOf } from "../support/fault-proxy/client.ts";
import { peakMemory } from "../support/fault-proxy/processes.ts";
import { changeVariables } from "./function-variables.ts";
import {
  aws,
  call,
  callsFor,
  end,
  expectFailure,
  expectPicture,
  expectQueuesEmpty,
  inState,
  itemOf,
  type Job,
  job,
  proxyUrl,
  send,
  simulator,
  stack,
  until,
} from "./harness.ts";

describe("the provider refuses for now", () => {
  const passing: [what: string, markers: string, submissions: number, counted: number][] = [
    ["its quota, once", "[[fault:throttle-once]]", 2, 1],
    ["an internal error, twice", "[[error:500:InternalError*2]]", 3, 3],
    ["no model at hand, three times", "[[error:503:ModelUnavailable*3]]", 4, 4],
  ];
  test.concurrent.for(passing)(
    "%s: it is asked again, and paints once",
    async ([, markers, submissions, counted]) => {
      const wanted = job(markers);
      await send(wanted);

      const ended = await end(wanted);
      await expectPicture(ended, wanted, submissions);
      expect(ended.attempts).toBe(counted);
      expect((await callsFor(wanted.prompt)).filter(({ billed }) => billed)).toHaveLength(1);
    },
  );

  const lasting: [what: string, markers: string, code: string, submissions: number][] = [
    ["an internal error, again and again", "[[error:500:InternalError]]", "provider_unavailable", 3],
    ["the content", "[[error:400:DataInspectionFailed]]", "content_rejected", 1],
    ["the input", "[[error:400:InvalidParameter]]", "provider_rejected", 1],
  ];
  test.concurrent.for(lasting)(
    "%s: it ends after so many tries, unbilled",
    async ([, markers, code, submissions]) => {
      const wanted = job(markers);
      await send(wanted);

      await expectFailure(await end(wanted), wanted, { code, billed: "no", submissions });
    },
  );

  test.concurrent("until the deadline: it expires in the queue, unbilled", async () => {
    const wanted = job("[[fault:throttle]]");
    await send(wanted, { "cancel-after": "5s" });

    const { state, error } = await inState(wanted, "expired", "failed");
    expect(state).toBe("expired");
    expect(error).toMatchObject({ code: "deadline_exceeded", billed: "no" });
    expect((await callsFor(wanted.prompt)).filter(({ billed }) => billed)).toEqual([]);
  });
});

describe("the provider's answer is lost", () => {
  const losses: [what: string, marker: string][] = [
    ["it hangs past its limit", "hang"],
    ["the connection breaks after it painted", "reset"],
    ["the connection breaks before it painted", "reset-before"],
    ["the answer breaks off", "truncate"],
    ["a gateway says 502", "html-502"],
    ["a gateway says 504", "html-504"],
    ["it redirects", "redirect"],
    ["the answer is empty", "empty-200"],
  ];
  test.concurrent.for(losses)("%s: the outcome is unknown, and it is asked once", async ([, marker]) => {
    const wanted = job(`[[fault:${marker}]]`);
    await send(wanted);

    const expected = { code: "upstream_outcome_unknown", billed: "unknown", submissions: 1 } as const;
    await expectFailure(await end(wanted), wanted, expected);
  });

  test.concurrent("it timed out inside the provider: the outcome is unknown, and it is asked once", async () => {
    const wanted = job("[[error:500:InternalError.Timeout]]");
    await send(wanted);

    const expected = { code: "upstream_outcome_unknown", billed: "unknown", submissions: 1 } as const;
    await expectFailure(await end(wanted), wanted, expected);
  });

  test.concurrent("a caller who chose so gets another try", async () => {
    const wanted = job("[[fault:reset*1]]", { on_unknown_outcome: "retry" });
    await send(wanted);

    await expectPicture(await end(wanted), wanted, 2);
  });

  test.concurrent("a caller who chose so gets three tries at most", async () => {
    const wanted = job("[[fault:reset]]", { on_unknown_outcome: "retry" });
    await send(wanted);

    const expected = { code: "upstream_outcome_unknown", billed: "unknown", submissions: 3 } as const;
    await expectFailure(await end(wanted), wanted, expected);
  });
});

describe("the picture does not come", () => {
  const passing: [what: string, marker: string][] = [
    ["the storage fails twice", "image-500*2"],
    ["the storage fails five times", "image-500*5"],
    ["the connection breaks", "image-reset*1"],
    ["the picture breaks off", "image-truncate*2"],
    ["a page comes in its place", "image-not-png*1"],
    ["it has no end", "image-no-iend*1"],
    ["it is too large", "image-oversized*1"],
    ["the storage redirects to a host that is not allowed", "image-redirect*1"],
    ["the storage redirects to itself", "image-moved*1"],
    ["the storage does not know it yet", "image-404*1"],
    ["the storage hangs", "image-hang*1"],
  ];
  test.concurrent.for(passing)("%s: it is fetched again, not painted again", async ([, marker]) => {
    const wanted = job(`[[fault:${marker}]]`);
    await send(wanted);

    await expectPicture(await end(wanted), wanted);
    const failures = Number(marker.split("*")[1]);
    expect((await callsFor(wanted.prompt))[0]?.downloads).toBe(failures + 1);
  });

  test.concurrent("the checksum in its header differs: the picture proves itself", async () => {
    const wanted = job("[[fault:image-bad-md5]]");
    await send(wanted);

    await expectPicture(await end(wanted), wanted);
    expect((await callsFor(wanted.prompt))[0]?.downloads).toBe(1);
  });

  test.concurrent("another size comes: it is stored, with a warning", async () => {
    const wanted = job("[[fault:image-wrong-size]]");
    await send(wanted);

    expect(await end(wanted)).toMatchObject({
      status: "succeeded",
      image: { content_type: "image/png", width: 512, height: 512 },
      usage: { images: 1, billed: "yes" },
      warnings: [expect.stringContaining("512*512")],
    });
  });

  test.concurrent("a page comes in its place: it is kept", async () => {
    const wanted = job("[[fault:image-not-png*3]]");
    await send(wanted);
    const kept = async () => (await itemOf(wanted))?.["unverified_key"];
    await until("a file that is kept", async () => typeof (await kept()) === "string");

    const Key = String(await kept());
    const { Body } = await aws.bucket.send(new GetObjectCommand({ Bucket: stack.bucket_name, Key }));
    expect(await Body?.transformToString()).toContain("Sign in to this network");
    await expectPicture(await end(wanted), wanted);
  });

  test.concurrent("its address is dead at birth: it is billed, and unavailable", async () => {
    const wanted = job("[[fault:image-expired]]");
    await send(wanted);

    const expected = { code: "image_unavailable", billed: "yes", submissions: 1 } as const;
    await expectFailure(await end(wanted), wanted, expected);
  });
});

describe("the picture does not come before its address dies", () => {
  beforeAll(async () => {
    await simulator.settings({ urlTtlSeconds: 8 });
  });
  afterAll(async () => {
    await simulator.settings({ urlTtlSeconds: 86_400 });
  });

  const spoilt = [
    "image-500",
    "image-403",
    "image-truncate",
    "image-not-png",
    "image-no-iend",
    "image-oversized",
    "image-oversized-chunked",
    "image-redirect",
  ];
  test.concurrent.for(spoilt)("%s: it is billed, and unavailable", async (marker) => {
    const wanted = job(`[[fault:${marker}]]`);
    await send(wanted);

    const expected = { code: "image_unavailable", billed: "yes", submissions: 1 } as const;
    await expectFailure(await end(wanted), wanted, expected);
  });
});

test("nobody followed a redirect to an unknown host or sent a key to the storage", async () => {
  expect(await simulator.violations()).toEqual([]);
});

// One after the other from here on: each changes what all jobs meet.
describe("what an operator mends", () => {
  test("an unknown host keeps the picture waiting; once allowed, it is fetched", async () => {
    const wanted = job("[[fault:localhost-url]]");
    await send(wanted);
    const host = simulator.imageHost.replace("127.0.0.1", "localhost");
    await until("a waiting picture", async () => (await itemOf(wanted))?.["waiting_for_host"] === host);
    expect((await callsFor(wanted.prompt))[0]?.downloads).toBe(0);
    const variables = { PROVIDER_IMAGE_HOSTS: `${simulator.imageHost},${host}` };
    const before = await changeVariables(aws.functions, stack.worker_function_name, variables);

    await expectPicture(await end(wanted), wanted);
    await changeVariables(aws.functions, stack.worker_function_name, before);
  });

  test("a key that is rotated costs no job, and does not pause the queue", async () => {
    const earlier = Array.from({ length: 5 }, () => job("[[latency:800]]"));
    for (const each of earlier) await send(each);
    await Promise.all(earlier.map((each) => inState(each, "submitting", "painted", "succeeded")));
    await putKey("sk-rotated");
    await simulator.settings({ validKeys: ["sk-rotated"] });
    const later = Array.from({ length: 8 }, () => job());
    for (const each of later) await send(each);

    for (const each of [...earlier, ...later]) await expectPicture(await end(each), each);
    expect(await paused()).toBeNull();
  });

  test("a wrong key pauses the queue, costs no job, and a probe finds it mended", async () => {
    await simulator.settings({ validKeys: ["sk-another"] });
    const jobs = Array.from({ length: 4 }, () => job());
    const refusedBefore = await refusals();
    for (const each of jobs) await send(each);
    await until("a pause", async () => (await paused()) === "key");
    await until("a probe", async () => (await refusals()) > refusedBefore + 1);
    // The one that a probe asks for is running while it asks.
    const isQueued = async ({ id }: Job) => (await call(`/generations/${id}`)).body.status === "queued";
    for (const each of jobs) await until("to be queued again", () => isQueued(each));
    await putKey("sk-another");

    for (const each of jobs) {
      const ended = await end(each);
      await expectPicture(ended, each);
      expect(ended.attempts).toBe(1);
    }
    expect(await paused()).toBeNull();
  });

  test("an account without money pauses the queue for all, and ends no job", async () => {
    const [poor, other] = [job("[[error:400:Arrearage*2]]"), job()];
    await send(poor);
    await until("a pause", async () => (await paused()) === "money");
    await send(other);

    await expectPicture(await end(poor), poor, 3);
    await expectPicture(await end(other), other);
    expect(await paused()).toBeNull();
  });
});

describe("a picture of 32 MiB", () => {
  test("passes through a worker of less than 200 MB, every byte the same", async () => {
    for (const pid of await processesOf(proxyUrl, "worker")) process.kill(pid, "SIGKILL");
    const wanted = job("[[fault:image-32mib]]");
    await send(wanted);

    const ended = await end(wanted);
    await expectPicture(ended, wanted);
    expect(ended.image?.bytes).toBeGreaterThan(32 * 1024 * 1024 - 4096);
    const worker = await workerOf(proxyUrl, wanted.id);
    expect(peakMemory(worker ?? 0)).toBeLessThan(200e6);
  });
});

describe("afterwards", () => {
  test("nothing is left in the queues", expectQueuesEmpty);
});

async function putKey(key: string): Promise<void> {
  await aws.secrets.send(new PutSecretValueCommand({ SecretId: stack.secret_arn, SecretString: key }));
}

/** Why the queue is paused; null while it is not. */
async function paused(): Promise<unknown> {
  const { Item } = await aws.table.send(
    new GetCommand({
      TableName: stack.table_name,
      Key: { pk: "pacer#sg#qwen-image-max" },
      ConsistentRead: true,
    }),
  );
  return Item?.["paused"] ?? null;
}

/** Calls refused for their key: the provider looks at it before the prompt. */
async function refusals(): Promise<number> {
  return (await simulator.calls("")).filter(({ answer }) => answer?.startsWith("401")).length;
}
