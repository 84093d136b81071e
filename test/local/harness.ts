import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { LambdaClient } from "@aws-sdk/client-lambda";
import { S3Client } from "@aws-sdk/client-s3";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { SFNClient } from "@aws-sdk/client-sfn";
import { GetQueueAttributesCommand, SQSClient } from "@aws-sdk/client-sqs";
import { DynamoDBDocumentClient, GetCommand } from "@aws-sdk/lib-dynamodb";
import { expect, inject } from "vitest";
import type { Generation } from "../../lambdas/generations/record.ts";
import type { GenerationView } from "../../lambdas/generations/view.ts";
import { idForKey } from "../../lambdas/platform/ids.ts";
import type { Call } from "../support/dashscope-simulator/calls.ts";
import { connectSimulator } from "../support/dashscope-simulator/client.ts";
import { addFault, type OrderedFault, workerOf } from "../support/fault-proxy/client.ts";
import type { Fault } from "../support/fault-proxy/faults.ts";
import { sha256Of, unmarked } from "../support/unmarked.ts";

/** The deployed stack and its surroundings. */
const { simulatorUrl, ...cloud } = inject("cloud");
export const { directory, stack, proxyUrl } = cloud;

const settings = {
  endpoint: stack.aws_endpoint,
  region: stack.region,
  credentials: { accessKeyId: "test", secretAccessKey: "test" },
};

export const aws = {
  table: DynamoDBDocumentClient.from(new DynamoDBClient(settings)),
  bucket: new S3Client({ ...settings, forcePathStyle: true }),
  queue: new SQSClient(settings),
  secrets: new SecretsManagerClient(settings),
  functions: new LambdaClient(settings),
  workflows: new SFNClient(settings),
};

export const simulator = await connectSimulator(simulatorUrl);

/** An HTTP answer, read. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: GenerationView & Record<string, unknown>;
}

/** Calls the deployed API with the stack's key, unless the headers say otherwise. */
export async function call(
  path: string,
  init: { method?: string; headers?: Record<string, string>; json?: unknown; body?: string } = {},
): Promise<Answer> {
  const body = init.json === undefined ? init.body : JSON.stringify(init.json);
  const response = await fetch(stack.api_url + path, {
    method: init.method ?? (body === undefined ? "GET" : "POST"),
    redirect: "manual",
    headers: {
      authorization: `Bearer ${stack.api_key}`,
      ...(body !== undefined && { "content-type": "application/json" }),
      ...init.headers,
    },
    ...(body !== undefined && { body }),
  });
  const text = await response.text();
  const json = text.startsWith("{") || text.startsWith("[") ? JSON.parse(text) : {};
  return { status: response.status, headers: response.headers, body: json };
}

/** A prompt that no other test has, so that its calls can be counted at the simulator. */
export function uniquePrompt(markers = ""): string {
  return `a quiet harbour ${randomUUID()} ${markers}`.trim();
}

/** Creates a generation without waiting for its end. */
export async function create(
  body: Record<string, unknown>,
  headers: Record<string, string> = {},
): Promise<GenerationView> {
  const answer = await call("/generations", { json: body, headers: { prefer: "respond-async", ...headers } });
  if (answer.status !== 202)
    throw new Error(`create answered ${answer.status}: ${JSON.stringify(answer.body)}`);
  return answer.body;
}

/** Waits until a generation has ended, by long polls. */
export async function ended(id: string, withinMs = 90_000): Promise<GenerationView> {
  const until = Date.now() + withinMs;
  for (;;) {
    const { body, status } = await call(`/generations/${id}`, { headers: { prefer: "wait=20" } });
    if (status === 200 && body.status !== "queued" && body.status !== "running") return body;
    if (Date.now() > until) throw new Error(`${id} is still ${body.status} after ${withinMs} ms`);
  }
}

/** What the provider was asked for a prompt. */
export function callsFor(prompt: string): Promise<Call[]> {
  return simulator.calls(prompt);
}

/** The bytes of a finished generation, by its presigned address: their hash, and that of what was painted, unmarked. */
export async function download(
  generation: GenerationView,
): Promise<{ bytes: Buffer; sha256: string; paintedSha256: string }> {
  const response = await fetch(generation.image?.url ?? "");
  const bytes = Buffer.from(await response.arrayBuffer());
  return { bytes, sha256: sha256Of(bytes), paintedSha256: sha256Of(unmarked(bytes)) };
}

/** Width and height in a PNG's header. */
export function dimensions(png: Buffer): [number, number] {
  return [png.readUInt32BE(16), png.readUInt32BE(20)];
}

/** Waits until a look at something finds it; throws when it has not after a while. */
export async function until<Found>(
  what: string,
  look: () => Promise<Found | null | undefined | false>,
  withinMs = 60_000,
): Promise<Found> {
  const end = Date.now() + withinMs;
  for (;;) {
    const found = await look();
    if (found !== null && found !== undefined && found !== false) return found;
    if (Date.now() > end) throw new Error(`${what}: not within ${withinMs} ms`);
    await sleep(100);
  }
}

/** An intent whose generation's id is known before it is sent, so that faults can be ordered for it. */
export interface Job {
  readonly id: string;
  readonly key: string;
  readonly prompt: string;
  readonly body: Record<string, unknown>;
}

/** Prepares an intent of its own. `markers` tell the simulator what goes wrong; `wishes` are further fields. */
export function job(markers = "", wishes: Record<string, unknown> = {}): Job {
  const key = randomUUID();
  const prompt = uniquePrompt(markers);
  return { id: idForKey("local", key), key, prompt, body: { prompt, ...wishes } };
}

let turn: Promise<unknown> = Promise.resolve();

/** Sends an intent, one at a time: the emulator starts a process for each request at the same moment. */
export function send({ key, body }: Job, headers: Record<string, string> = {}): Promise<Answer> {
  const sent = turn.then(() =>
    call("/generations", {
      json: body,
      headers: { prefer: "respond-async", "idempotency-key": key, ...headers },
    }),
  );
  turn = sent.catch(() => {});
  return sent;
}

/** The write of a generation's state. */
export function writing(state: Generation["state"]): Pick<Fault, "operation" | "body"> {
  return { operation: "DynamoDB.PutItem", body: `"state":{"S":"${state}"}` };
}

/** The write that takes a slot, or makes an appointment. */
export const takingSlot = { operation: "DynamoDB.PutItem", body: '"pk":{"S":"pacer#' } as const;

/** Orders a fault for the calls of an intent's generation; the worker's unless told. */
export function strike(
  { id }: Job,
  fault: Omit<Fault, "generationId" | "caller"> & Partial<Fault>,
): Promise<OrderedFault> {
  return addFault(proxyUrl, { caller: "worker", generationId: id, ...fault });
}

/** Kills the worker that works on an intent's generation. */
export async function killWorker({ id }: Job): Promise<void> {
  const pid = await workerOf(proxyUrl, id);
  if (pid === undefined) throw new Error(`no worker works on ${id}`);
  process.kill(pid, "SIGKILL");
}

/** The item of a generation, as the table has it. */
export async function itemOf({ id }: { readonly id: string }): Promise<Record<string, unknown> | undefined> {
  const key = { pk: `generation#${id}` };
  const { Item } = await aws.table.send(
    new GetCommand({ TableName: stack.table_name, Key: key, ConsistentRead: true }),
  );
  return Item;
}

/** Waits for a state of an intent's generation in the table; the API, and its processes, are left alone meanwhile. */
export function inState(job: { readonly id: string }, ...states: string[]): Promise<Record<string, unknown>> {
  return until(
    `${job.id} ${states.join(" or ")}`,
    async () => {
      const item = await itemOf(job);
      return item !== undefined && states.includes(String(item["state"])) && item;
    },
    100_000,
  );
}

/** Waits for the end of an intent's generation, and reads it as its caller does. */
export async function end(job: { readonly id: string }): Promise<GenerationView> {
  await inState(job, "succeeded", "failed", "canceled", "expired");
  const read = turn.then(() => call(`/generations/${job.id}`));
  turn = read.catch(() => {});
  return (await read).body;
}

/** What an end must be like: how often the provider was asked, and whether the picture is there. */
export async function expectPicture(ended: GenerationView, { prompt }: Job, submissions = 1): Promise<void> {
  const calls = await callsFor(prompt);
  expect(ended).toMatchObject({ status: "succeeded", error: null, usage: { images: 1, billed: "yes" } });
  expect(calls).toHaveLength(submissions);
  const painted = calls.find(({ request_id }) => request_id === ended.provider.request_id);
  const { bytes, sha256, paintedSha256 } = await download(ended);
  expect(paintedSha256).toBe(painted?.image_sha256);
  expect(ended.provenance?.source_sha256).toBe(painted?.image_sha256);
  expect(ended.image).toMatchObject({ bytes: bytes.length, sha256 });
}

/** Expects an end without a picture. */
export async function expectFailure(
  ended: GenerationView,
  { prompt }: Job,
  expected: { code: string; billed: "yes" | "no" | "unknown"; submissions: number },
): Promise<void> {
  const { code, billed, submissions } = expected;
  expect(ended).toMatchObject({ image: null, error: { code, billed }, usage: { images: 0, billed } });
  expect(await callsFor(prompt)).toHaveLength(submissions);
}

/** Waits until the queue of turns is empty, with nothing in flight; then the dead-letter queue must be empty too. */
export async function expectQueuesEmpty(): Promise<void> {
  await until("an empty queue", async () => (await messagesIn(stack.queue_url)) === 0);
  expect(await messagesIn(stack.dead_letter_queue_url)).toBe(0);
}

/** All messages of a queue: visible, hidden and delayed. */
async function messagesIn(queueUrl: string): Promise<number> {
  const { Attributes = {} } = await aws.queue.send(
    new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ["All"] }),
  );
  return (
    Number(Attributes["ApproximateNumberOfMessages"]) +
    Number(Attributes["ApproximateNumberOfMessagesNotVisible"]) +
    Number(Attributes["ApproximateNumberOfMessagesDelayed"])
  );
}
