import { EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { SendTaskSuccessCommand, SFNClient } from "@aws-sdk/client-sfn";
import {
  ChangeMessageVisibilityCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { mockClient } from "aws-sdk-client-mock";
import { describe, expect, test } from "vitest";
import { createExpansions } from "../../lambdas/batches/expansions.ts";
import type { Succeeded } from "../../lambdas/generations/record.ts";
import { createTurnQueue } from "../../lambdas/painting/queue.ts";
import { createEndings } from "../../lambdas/workflows/announce-end.ts";
import { painted, queued, submitting, succeeded } from "../support/generations.ts";

/** What AWS refuses, and the local emulator takes: docs/fidelity.md. */
const PAYLOAD_BYTES = 262_144;
const VISIBILITY_SECONDS = 43_200;
const MESSAGES = 10;

describe("SQS", () => {
  const sqs = mockClient(SQSClient);
  sqs.on(SendMessageBatchCommand).resolves({});
  sqs.on(ChangeMessageVisibilityCommand).resolves({});
  sqs.on(SendMessageCommand).resolves({});
  const client = sqs as unknown as SQSClient;
  const queue = createTurnQueue(client, { queue: "queue", deadLetters: "dead" });
  const ids = Array.from({ length: 25 }, () => queued().id);

  test("gets at most ten messages at once, with ids of their own, and none that it should delay", async () => {
    await queue.send(ids);
    await createExpansions(client, "expansions").send(ids.map((id) => ({ id })));
    await queue.deadLetter("what nobody can read");
    const batches = sqs.commandCalls(SendMessageBatchCommand).map(({ args }) => args[0].input.Entries ?? []);
    expect(batches.map(({ length }) => length)).toEqual([10, 10, 5, 10, 10, 5]);
    for (const entries of batches) {
      expect(entries.length).toBeLessThanOrEqual(MESSAGES);
      expect(new Set(entries.map(({ Id }) => Id)).size).toBe(entries.length);
    }
    expect(JSON.stringify(sqs.calls().map(({ args }) => args[0].input))).not.toContain("DelaySeconds");
  });

  test("is asked to hide a message for whole seconds of its range, whatever the wait is", async () => {
    for (const seconds of [-1, 0, 0.2, 900, 43_200, 1e9]) await queue.putBack("receipt", seconds);
    for (const { args } of sqs.commandCalls(ChangeMessageVisibilityCommand)) {
      const { VisibilityTimeout = -1 } = args[0].input;
      expect(Number.isInteger(VisibilityTimeout)).toBe(true);
      expect(VisibilityTimeout).toBeGreaterThanOrEqual(0);
      // Time that has passed since the message was received counts: so it stays well below.
      expect(VisibilityTimeout).toBeLessThanOrEqual(VISIBILITY_SECONDS - 3600);
    }
  });
});

test("the largest generation there can be fits in a workflow's payload and in an event", async () => {
  // A control character is six bytes in JSON: more than any other.
  const text = (length: number) => "\u0001".repeat(length);
  const pairs = Array.from({ length: 16 }, (_, index) => [`${text(39)}${index.toString(16)}`, text(500)]);
  const body = { prompt: text(8000), negative_prompt: text(8000), metadata: Object.fromEntries(pairs) };
  const generation: Succeeded = succeeded(painted(submitting(queued({ body, taskToken: "token" }))));

  const sfn = mockClient(SFNClient);
  const events = mockClient(EventBridgeClient);
  sfn.on(SendTaskSuccessCommand).resolves({});
  events.on(PutEventsCommand).resolves({});
  const end = createEndings({
    events: events as unknown as EventBridgeClient,
    eventBus: "bus",
    workflows: sfn as unknown as SFNClient,
    taskTokens: { of: async () => [] },
    // A presigned address carries a session token of some kilobytes.
    images: {
      address: async () => ({ url: `https://${"x".repeat(8000)}`, expiresAt: generation.completed_at }),
    },
  });
  await end(generation);

  const output = sfn.commandCalls(SendTaskSuccessCommand)[0]?.args[0].input.output ?? "";
  expect(output).toContain("x".repeat(8000));
  // The other form wraps it in Lambda's account of the call.
  expect(Buffer.byteLength(output)).toBeLessThan(PAYLOAD_BYTES - 4096);
  const [entry] = events.commandCalls(PutEventsCommand)[0]?.args[0].input.Entries ?? [];
  expect(Buffer.byteLength(entry?.Detail ?? "")).toBeLessThan(PAYLOAD_BYTES - 4096);
});
