import { SendTaskFailureCommand, SendTaskSuccessCommand, SFNClient } from "@aws-sdk/client-sfn";
import type { Context } from "aws-lambda";
import { mockClient } from "aws-sdk-client-mock";
import { beforeEach, describe, expect, test } from "vitest";
import type { Generation } from "../../../lambdas/generations/record.ts";
import { checkpoint } from "../../../lambdas/generations/transitions/checkpoint.ts";
import { claim } from "../../../lambdas/generations/transitions/claim.ts";
import { complete } from "../../../lambdas/generations/transitions/painted.ts";
import { cancel, expire } from "../../../lambdas/generations/transitions/queued.ts";
import { refuse } from "../../../lambdas/generations/transitions/refuse.ts";
import { logger } from "../../../lambdas/platform/observe.ts";
import { Contended } from "../../../lambdas/platform/service-error.ts";
import { runTask } from "../../../lambdas/workflows/run-task.ts";
import { HOUR, NOON, offer, PRICE, quotaOf, SOURCE_URL, schema } from "../../support/generations.ts";
import { inMemoryGenerations, inMemoryImages } from "../../support/in-memory-stores.ts";

logger.setLogLevel("SILENT");

const sfn = mockClient(SFNClient);

beforeEach(() => {
  sfn.reset();
  sfn.on(SendTaskSuccessCommand).resolves({});
  sfn.on(SendTaskFailureCommand).resolves({});
});

const context = { awsRequestId: "invocation", getRemainingTimeInMillis: () => 900_000 } as unknown as Context;
const body = { prompt: "a red fox", idempotency_key: "order-123" };

type Ending = (generation: Generation, now: number) => Generation;

/** A task function whose generation ends, if at all, while it sleeps. */
function task(ending: Ending | null = null) {
  const generations = inMemoryGenerations();
  const tokens: string[] = [];
  const state = { now: NOON };
  const run = runTask({
    generations,
    images: inMemoryImages(() => state.now),
    taskTokens: {
      add: async (_, token) => {
        tokens.push(token);
      },
      of: async () => tokens,
    },
    workflows: sfn as unknown as SFNClient,
    schema,
    offer,
    quotaOf,
    owner: "workflows",
    now: () => state.now,
    random: () => 0.5,
    sleep: async (milliseconds) => {
      state.now += milliseconds;
      for (const generation of generations.records.values())
        if (ending !== null && generation.state === "queued") generations.put(ending(generation, state.now));
    },
  });
  return { generations, tokens, state, run: (event: unknown, within = context) => run(event, within) };
}

const claimed = (generation: Generation) => {
  if (generation.state !== "queued") throw new Error("not queued");
  return claim(generation, { now: NOON, leaseSeconds: 330, turn: generation.id, region: "sg", price: PRICE });
};

const success: Ending = (generation, now) => {
  const answer = {
    requestId: "request",
    sourceUrl: SOURCE_URL,
    sourceExpiresAt: NOON + HOUR,
    width: 1664,
    height: 928,
    now,
  };
  const picture = { content_type: "image/png" as const, width: 1664, height: 928, bytes: 7, sha256: "00" };
  const image = { bucket: "bucket", key: "key", ...picture, marked: ["iptc"], source_sha256: "01" };
  return complete(checkpoint(claimed(generation), answer), { now, image });
};

const refusal =
  (code: "content_rejected" | "provider_unavailable"): Ending =>
  (generation, now) =>
    refuse(claimed(generation), { now, code, message: "no", provider: null });

const canceled: Ending = (generation, now) => cancel(generation as Parameters<typeof cancel>[0], now);
const expired: Ending = (generation, now) => expire(generation as Parameters<typeof expire>[0], now);

describe("without a task token", () => {
  test("waits for the end and answers the generation", async () => {
    const { run, generations } = task(success);
    expect(await run(body)).toMatchObject({
      status: "succeeded",
      image: { sha256: "00" },
      usage: { billed: "yes" },
    });
    expect([...generations.records.values()]).toMatchObject([{ lane: "batch", owner: "workflows" }]);
  });

  test.each<[string, Ending]>([
    ["ContentRejected", refusal("content_rejected")],
    ["ProviderUnavailable", refusal("provider_unavailable")],
    ["Canceled", canceled],
    ["DeadlineExceeded", expired],
  ])("fails with %s, the problem as its message", async (name, ending) => {
    const error = await task(ending)
      .run(body)
      .catch((thrown: Error) => thrown);
    expect(error).toMatchObject({ name });
    expect(JSON.parse((error as Error).message)).toMatchObject({ name, billed: "no" });
    expect((error as Error).stack).toBe(name);
  });

  test("says StillRunning before its own time is over, with the way to ask again", async () => {
    const { run, state } = task();
    const error = await run(body).catch((thrown: Error) => thrown);
    expect(error).toMatchObject({ name: "StillRunning" });
    expect((error as Error).message).toContain("same idempotency_key");
    expect(state.now - NOON).toBeLessThanOrEqual(897_000);
  });

  test("asked again with the same key, it joins: one generation", async () => {
    const { run, generations } = task();
    await run(body).catch(() => {});
    await run(body).catch(() => {});
    expect(generations.records.size).toBe(1);
  });

  test("repeated by Lambda without a key of the caller's, it joins too; another invocation does not", async () => {
    const { run, generations } = task();
    const repeated = { ...context, awsRequestId: "repeated" };
    for (const _ of [1, 2, 3]) await run({ prompt: "a red fox" }, repeated).catch(() => {});
    expect(generations.records.size).toBe(1);
    await run({ prompt: "a red fox" }).catch(() => {});
    expect(generations.records.size).toBe(2);
  });

  test.each<[string, unknown, string[]]>([
    ["no prompt", { idempotency_key: "k" }, ["#/prompt"]],
    ["an unknown field", { prompt: "fox", colour: "red" }, ["#/colour"]],
    ["a key of another script", { prompt: "fox", idempotency_key: "ключ" }, ["#/idempotency_key"]],
    ["no object", "fox", ["#"]],
    ["a list", [{ prompt: "fox" }], ["#"]],
    ["nothing", undefined, ["#"]],
    [
      "a body, a key and a token with faults, all at once",
      { prompt: "", colour: 1, idempotency_key: "", task_token: 7 },
      ["#/prompt", "#/colour", "#/idempotency_key", "#/task_token"],
    ],
    // Lambda's runtime makes the event with JSON.parse, which keeps the name.
    ["a pair that would be lost", JSON.parse('{"prompt": "fox", "metadata": {"__proto__": "1"}}'), ["#"]],
  ])("refuses %s as InvalidRequest, with a pointer", async (_, event, pointers) => {
    const error = await task()
      .run(event)
      .catch((thrown: Error) => thrown);
    expect(error).toMatchObject({ name: "InvalidRequest" });
    const problem: { errors: { pointer: string }[] } = JSON.parse((error as Error).message);
    expect(problem.errors.map(({ pointer }) => pointer)).toEqual(pointers);
  });

  test("refuses a key that belongs to another request", async () => {
    const { run } = task(success);
    await run(body);
    const error = await run({ ...body, prompt: "an owl" }).catch((thrown: Error) => thrown);
    expect(error).toMatchObject({ name: "InvalidRequest" });
    expect(JSON.parse((error as Error).message)).toMatchObject({
      code: "idempotency_key_reused",
      errors: [{ pointer: "#/idempotency_key" }],
    });
  });

  test.each<[string, Record<string, unknown>]>([
    ["one field's name is 20,000 characters", { ["k ".repeat(10_000)]: 1 }],
    [
      "300 fields are unknown",
      Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`\u0001field${n}`, n])),
    ],
    ["a name is all quotes", { ['"\\'.repeat(5000)]: 1 }],
    ["keys of metadata are long", { metadata: { ["键".repeat(9000)]: "x", ["🦊".repeat(9000)]: "y" } }],
  ])("its cause is whole within 32,768 characters where %s", async (_, faults) => {
    const error = await task()
      .run({ ...faults, task_token: "token" })
      .catch((thrown: Error) => thrown);
    const { name, message } = error as Error;
    expect(name).toBe("InvalidRequest");
    expect(JSON.parse(message)).toMatchObject({ code: "invalid_request", name, status: 422 });
    expect(
      JSON.stringify({ errorType: name, errorMessage: message, trace: [name] }).length,
    ).toBeLessThanOrEqual(32_768);
    expect(sfn.commandCalls(SendTaskFailureCommand)[0]?.args[0].input).toMatchObject({
      error: name,
      cause: message,
    });
  });

  test("no key in a field's name is repeated, as Lambda's runtime logs what is thrown", async () => {
    const error = await task()
      .run({ prompt: "fox", "sk-0123456789abcdef": 1, metadata: { aik_abcdefghijklmnop: 7 } })
      .catch((thrown: Error) => thrown);
    expect((error as Error).message).not.toMatch(/0123456789|abcdefghijklmnop/);
    expect(JSON.parse((error as Error).message)).toMatchObject({ code: "invalid_request" });
  });

  test.each([
    ["quotes it", "Bad input: a red fox jumps over the wall.", false],
    ["quotes a part of it", "Not allowed: 'jumps over the'", false],
    ["does not quote it", "Input may hold unsuitable content.", true],
  ])(
    "the provider's words are shown unless they quote the prompt, as they are logged: %s",
    async (_, said, shown) => {
      const ending: Ending = (generation, now) =>
        refuse(claimed(generation), {
          now,
          code: "content_rejected",
          message: said,
          provider: { code: "DataInspectionFailed", message: said, request_id: "request" },
        });
      const error = await task(ending)
        .run({ prompt: "a red fox jumps over the wall" })
        .catch((thrown: Error) => thrown);
      expect(error).toMatchObject({ name: "ContentRejected" });
      expect((error as Error).message.includes(said)).toBe(shown);
      expect(JSON.parse((error as Error).message)).toMatchObject({
        provider: { code: "DataInspectionFailed" },
      });
    },
  );

  test("shows nothing of a failure of ours but InternalError", async () => {
    const { run, generations } = task();
    Object.assign(generations, {
      insert: async () => {
        throw new Error("arn:aws:dynamodb:secret-table");
      },
    });
    const error = await run(body).catch((thrown: Error) => thrown);
    expect(error).toMatchObject({ name: "InternalError" });
    expect((error as Error).message).not.toContain("secret-table");
  });
});

test("a workflow may retry what others held up for a moment: it asked nothing wrongly", async () => {
  const { run, generations } = task();
  Object.assign(generations, { insert: () => Promise.reject(new Contended()) });
  await expect(run(body)).rejects.toMatchObject({ name: "InternalError" });
});

describe("with a task token", () => {
  const withToken = { ...body, task_token: "token" };

  test("answers at once and keeps the token for the end", async () => {
    const { run, generations, state } = task();
    expect(await run(withToken)).toMatchObject({ status: "queued" });
    expect(state.now).toBe(NOON);
    expect([...generations.records.values()]).toMatchObject([{ task_token: "token" }]);
    expect(sfn.calls()).toHaveLength(0);
  });

  test("tells the workflow of an input that is refused", async () => {
    await expect(task().run({ prompt: "", task_token: "token" })).rejects.toMatchObject({
      name: "InvalidRequest",
    });
    expect(sfn.commandCalls(SendTaskFailureCommand)[0]?.args[0].input).toMatchObject({
      taskToken: "token",
      error: "InvalidRequest",
    });
  });

  test("names the refusal even where Step Functions can't be told", async () => {
    sfn.on(SendTaskFailureCommand).rejects(Object.assign(new Error("no"), { name: "ValidationException" }));
    await expect(task().run({ prompt: "", task_token: "token" })).rejects.toMatchObject({
      name: "InvalidRequest",
    });
  });

  test("of a retried task, notes the new token and joins", async () => {
    const { run, generations, tokens } = task();
    await run(withToken);
    await run({ ...withToken, task_token: "second" });
    expect(generations.records.size).toBe(1);
    expect(tokens).toEqual(["second"]);
    expect(sfn.calls()).toHaveLength(0);
  });

  test("of a task that is retried after the end, is answered at once", async () => {
    const { run, generations } = task();
    await run(withToken);
    for (const generation of generations.records.values()) generations.put(success(generation, NOON));
    expect(await run({ ...withToken, task_token: "second" })).toMatchObject({ status: "succeeded" });
    expect(sfn.commandCalls(SendTaskSuccessCommand)[0]?.args[0].input).toMatchObject({ taskToken: "second" });
  });
});
