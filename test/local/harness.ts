import { createHash, randomUUID } from "node:crypto";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { LambdaClient } from "@aws-sdk/client-lambda";
import { S3Client } from "@aws-sdk/client-s3";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { SFNClient } from "@aws-sdk/client-sfn";
import { SQSClient } from "@aws-sdk/client-sqs";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { inject } from "vitest";
import type { GenerationView } from "../../lambdas/generation/view.ts";
import type { Call } from "../support/dashscope-simulator/calls.ts";
import { connectSimulator } from "../support/dashscope-simulator/client.ts";

/** The deployed stack and its surroundings. */
export const { stack, simulatorUrl, proxyUrl } = inject("cloud");

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

/** The bytes of a finished generation, by its presigned address, with their hash. */
export async function download(generation: GenerationView): Promise<{ bytes: Buffer; sha256: string }> {
  const response = await fetch(generation.image?.url ?? "");
  const bytes = Buffer.from(await response.arrayBuffer());
  return { bytes, sha256: createHash("sha256").update(bytes).digest("hex") };
}

/** Width and height in a PNG's header. */
export function dimensions(png: Buffer): [number, number] {
  return [png.readUInt32BE(16), png.readUInt32BE(20)];
}
