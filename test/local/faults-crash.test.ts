import { beforeAll, describe, expect, test } from "vitest";
import { timeoutsFor } from "../../lib/timeouts.ts";
import { processesOf } from "../support/fault-proxy/client.ts";
import type { Fault } from "../support/fault-proxy/faults.ts";
import {
  callsFor,
  end,
  expectFailure,
  expectPicture,
  expectQueuesEmpty,
  job,
  killWorker,
  proxyUrl,
  send,
  strike,
  takingSlot,
  until,
  writing,
} from "./harness.ts";

type Crash = Pick<Fault, "operation" | "action"> & Partial<Fault>;

// Processes that never read the secret: a warm one would not do so again.
beforeAll(async () => {
  for (const pid of await processesOf(proxyUrl, "worker")) process.kill(pid, "SIGKILL");
});

describe("the worker's process dies, and the queue delivers again", () => {
  const harmless: [step: string, crash: Crash][] = [
    ["before it reads the record", { operation: "DynamoDB.GetItem", action: "kill-before" }],
    [
      "before it reads the provider's key",
      { operation: "SecretsManager.GetSecretValue", action: "kill-before" },
    ],
    ["before it takes a slot", { ...takingSlot, action: "kill-before" }],
    ["after it took a slot", { ...takingSlot, action: "kill-after" }],
    ["before it claims", { ...writing("submitting"), action: "kill-before" }],
    ["after the checkpoint", { ...writing("painted"), action: "kill-after" }],
    ["before it stores the picture", { operation: "S3.PUT", action: "kill-before" }],
    ["after it stored the picture", { operation: "S3.PUT", action: "kill-after" }],
    ["twice before it writes the end", { ...writing("succeeded"), action: "kill-before", times: 2 }],
    ["before its message is deleted", { ...writing("succeeded"), action: "kill-after" }],
  ];
  test.concurrent.for(harmless)("%s: one painting, one picture", async ([, crash]) => {
    const wanted = job();
    const fault = await strike(wanted, crash);
    await send(wanted);

    await expectPicture(await end(wanted), wanted);
    expect(await fault.struck()).toBe(crash.times ?? 1);
  });

  test.concurrent("during the download: the picture is fetched again, not painted again", async () => {
    const wanted = job("[[fault:image-stall*1]]");
    await send(wanted);
    await until("a download", async () => (await callsFor(wanted.prompt))[0]?.downloads === 1);
    await killWorker(wanted);

    await expectPicture(await end(wanted), wanted);
    expect((await callsFor(wanted.prompt))[0]?.downloads).toBe(2);
  });

  test.concurrent("before it puts a throttled message back: it is tried again all the same", async () => {
    const wanted = job("[[fault:throttle-once]]");
    // Signs of life hide the message too, for longer.
    const sign = `"VisibilityTimeout":${timeoutsFor(4).workVisibility}`;
    const putBack = { operation: "SQS.ChangeMessageVisibility", without: sign } as const;
    const fault = await strike(wanted, { ...putBack, action: "kill-before" });
    await send(wanted);

    await expectPicture(await end(wanted), wanted, 2);
    expect(await fault.struck()).toBe(1);
    expect((await callsFor(wanted.prompt)).map(({ outcome }) => outcome)).toEqual(["throttled", "painted"]);
  });

  const gap: [step: string, crash: Crash, submissions: number][] = [
    ["between the claim and the call", { ...writing("submitting"), action: "kill-after" }, 0],
    ["between the answer and the checkpoint", { ...writing("painted"), action: "kill-before" }, 1],
  ];
  test.concurrent.for(gap)(
    "%s: the outcome is unknown, and nothing is painted again",
    async ([, crash, submissions]) => {
      const wanted = job();
      const fault = await strike(wanted, crash);
      await send(wanted);

      const expected = { code: "upstream_outcome_unknown", billed: "unknown", submissions } as const;
      await expectFailure(await end(wanted), wanted, expected);
      expect(await fault.struck()).toBe(1);
    },
  );

  test.concurrent.for(gap)("%s: a caller who chose so gets another try", async ([, crash, submissions]) => {
    const wanted = job("", { on_unknown_outcome: "retry" });
    await strike(wanted, crash);
    await send(wanted);

    const ended = await end(wanted);
    await expectPicture(ended, wanted, submissions + 1);
    expect(ended.attempts).toBe(2);
  });

  test.concurrent("during the provider's call: the outcome is unknown, and nothing is painted again", async () => {
    const wanted = job("[[latency:2500]]");
    await send(wanted);
    await until("a call", async () => (await callsFor(wanted.prompt))[0]?.outcome === "pending");
    await killWorker(wanted);

    const ended = await end(wanted);
    const expected = { code: "upstream_outcome_unknown", billed: "unknown", submissions: 1 } as const;
    await expectFailure(ended, wanted, expected);
    expect((await callsFor(wanted.prompt))[0]).toMatchObject({ billed: true, client_left: true });
  });

  test.concurrent("during the provider's call: a caller who chose so gets another try", async () => {
    const wanted = job("[[latency:2500]]", { on_unknown_outcome: "retry" });
    await send(wanted);
    await until("a call", async () => (await callsFor(wanted.prompt))[0]?.outcome === "pending");
    await killWorker(wanted);

    await expectPicture(await end(wanted), wanted, 2);
  });
});

describe("another function's process dies", () => {
  const relayed: [step: string, action: Fault["action"]][] = [
    ["before", "kill-before"],
    ["after", "kill-after"],
  ];
  test.concurrent.for(relayed)("the relay's, %s it queued a turn: one painting", async ([, action]) => {
    const wanted = job();
    const crash = { caller: "relay", operation: "SQS.SendMessageBatch", action } as const;
    const fault = await strike(wanted, crash);
    await send(wanted);

    await expectPicture(await end(wanted), wanted);
    expect(await fault.struck()).toBe(1);
  });

  const accepting: [step: string, action: Fault["action"], replayed: string | null][] = [
    ["before", "kill-before", null],
    ["after", "kill-after", "true"],
  ];
  test.concurrent.for(accepting)(
    "the API's, %s it accepted a request: its repetition is the same one",
    async ([, action, replayed]) => {
      const wanted = job();
      const fault = await strike(wanted, { caller: "api", operation: "DynamoDB.PutItem", action });

      const first = await send(wanted);
      const second = await send(wanted);

      expect(first.status).toBeGreaterThanOrEqual(500);
      expect([201, 202]).toContain(second.status);
      expect(second.body.id).toBe(wanted.id);
      expect(second.headers.get("idempotent-replayed")).toBe(replayed);
      await expectPicture(await end(wanted), wanted);
      expect(await fault.struck()).toBe(1);
    },
  );
});

describe("afterwards", () => {
  test("nothing is left in the queues", expectQueuesEmpty);
});
