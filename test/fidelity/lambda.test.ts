import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as z from "zod";
import { plan } from "../../lambdas/generations/create.ts";
import { claim } from "../../lambdas/generations/transitions/claim.ts";
import { refuse } from "../../lambdas/generations/transitions/refuse.ts";
import { offer, PRICE, quotaOf, schema } from "../support/generations.ts";
import { newStores } from "./dynamodb/wiring.ts";
import { type Running, run, shipped } from "./lambda/functions.ts";

const folder = mkdtempSync(join(tmpdir(), "bundles-"));
const functions = shipped(folder);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const errorSchema = z.object({ errorType: z.string(), errorMessage: z.string(), trace: z.array(z.string()) });

test.each(functions)("$name starts under Amazon's runtime client and asks for an event", async (one) => {
  const running = await run(one);
  expect(running.log()).not.toMatch(/error|warn/i);
  running.stop();
});

test("all seven functions are among them", () => {
  expect(functions.map(({ name }) => name).sort()).toEqual([
    "api",
    "authorizer",
    "expander",
    "reconciler",
    "relay",
    "task",
    "worker",
  ]);
});

test("the API answers from its bundle, its page's files too", async () => {
  const api = await run(functions.find(({ name }) => name === "api")!);
  const get = async (path: string) => {
    const { kind, body } = await api.invoke({
      httpMethod: "GET",
      path,
      resource: path,
      headers: { Host: "example.com" },
      multiValueHeaders: { Host: ["example.com"] },
      queryStringParameters: null,
      multiValueQueryStringParameters: null,
      pathParameters: null,
      stageVariables: null,
      requestContext: { requestId: "request", identity: {}, httpMethod: "GET", path, stage: "v1" },
      body: null,
      isBase64Encoded: false,
    });
    return { kind, statusCode: z.object({ statusCode: z.int() }).parse(JSON.parse(body)).statusCode };
  };
  expect(await get("/health")).toEqual({ kind: "response", statusCode: 200 });
  expect(await get("/docs")).toEqual({ kind: "response", statusCode: 200 });
  api.stop();
});

describe("the task function", () => {
  let task: Running;
  let stores: Awaited<ReturnType<typeof newStores>>;
  beforeAll(async () => {
    stores = await newStores();
    task = await run(functions.find(({ name }) => name === "task")!, { TABLE_NAME: stores.table });
  });
  afterAll(() => task.stop());

  const long = "k ".repeat(10_000);
  test.each<[string, unknown]>([
    ["an empty prompt", { prompt: "" }],
    ["a text", "fox"],
    ["null", null],
    ["a list", [{ prompt: "fox" }]],
    ["a field's name of 20,000 characters", { prompt: "fox", [long]: 1 }],
    [
      "300 unknown fields",
      Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`field${index}`, 1])),
    ],
    ["a task token beside the fault, while Step Functions is away", { prompt: "", task_token: "token" }],
  ])(
    "refuses %s as InvalidRequest, whose message is the problem, whole within AWS's limit",
    async (_, event) => {
      const { kind, body } = await task.invoke(event);
      const { errorType, errorMessage, trace } = errorSchema.parse(JSON.parse(body));
      expect({ kind, errorType, trace }).toEqual({
        kind: "error",
        errorType: "InvalidRequest",
        trace: ["InvalidRequest"],
      });
      expect(JSON.parse(errorMessage)).toMatchObject({
        code: "invalid_request",
        name: "InvalidRequest",
        status: 422,
      });
      // The cause in Step Functions is the whole body.
      expect(body.length).toBeLessThanOrEqual(32_768);
    },
  );

  test("ends with the generation's own error, and neither prompt nor key is in the log", async () => {
    const prompt = "a red fox jumps over the wall";
    const generation = plan(
      {
        request: schema.parse({ prompt }),
        owner: "workflows",
        lane: "batch",
        idempotencyKey: "order-1",
      },
      { offer, quotaOf, now: Date.now, random: Math.random },
    );
    const now = Date.now();
    const claimed = claim(generation, {
      now,
      leaseSeconds: 9,
      turn: generation.id,
      region: "sg",
      price: PRICE,
    });
    const message = `no: ${prompt}`;
    const provider = { code: "DataInspectionFailed", message, request_id: "request" };
    await stores.generations.insert(generation);
    await stores.generations.save(claimed);
    await stores.generations.save(refuse(claimed, { now, code: "content_rejected", message, provider }));

    const { body } = await task.invoke({
      prompt,
      idempotency_key: "order-1",
      "sk-0123456789abcdef": undefined,
    });
    expect(errorSchema.parse(JSON.parse(body))).toMatchObject({ errorType: "ContentRejected" });
    await task.invoke({ prompt, "sk-0123456789abcdef": 1 });
    expect(task.log()).toContain("Invoke Error");
    expect(task.log()).not.toContain("jumps over");
    expect(task.log()).not.toContain("0123456789abcdef");
  });
});
