import {
  ChangeMessageVisibilityCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { mockClient } from "aws-sdk-client-mock";
import { beforeEach, describe, expect, test } from "vitest";
import { createTurnQueue, messageBody, readMessage } from "../../../lambdas/painting/queue.ts";
import { queued } from "../../support/generations.ts";

const sqs = mockClient(SQSClient);
const queue = () =>
  createTurnQueue(sqs as unknown as SQSClient, { queue: "https://queue", deadLetters: "https://dead" });

beforeEach(() => {
  sqs.reset();
  sqs.on(SendMessageBatchCommand).resolves({ Successful: [], Failed: [] });
  sqs.on(ChangeMessageVisibilityCommand).resolves({});
  sqs.on(SendMessageCommand).resolves({});
});

describe("the queue of turns", () => {
  test("a message names one generation, and reads back", () => {
    const { id } = queued();
    expect(readMessage(messageBody(id))).toBe(id);
  });

  test("sends ten at a time, and nothing for nobody", async () => {
    await queue().send([]);
    expect(sqs.calls()).toHaveLength(0);
    await queue().send(Array.from({ length: 23 }, () => queued().id));
    const sizes = sqs.commandCalls(SendMessageBatchCommand).map(({ args }) => args[0].input.Entries?.length);
    expect(sizes).toEqual([10, 10, 3]);
  });

  test("a message that SQS refuses is an error, never a silence", async () => {
    sqs
      .on(SendMessageBatchCommand)
      .resolves({ Failed: [{ Id: "0", Code: "InternalError", SenderFault: false }], Successful: [] });
    await expect(queue().send([queued().id])).rejects.toThrow("refused 1 of 1");
  });

  test.each([
    [-5, 0],
    [0, 0],
    [0.2, 1],
    [29.001, 30],
    [86_400, 39_600],
  ])(
    "%d seconds hide it for %i: never shorter than asked, never beyond what SQS allows",
    async (seconds, hidden) => {
      await queue().putBack("receipt", seconds);
      expect(sqs.commandCalls(ChangeMessageVisibilityCommand)[0]?.args[0].input).toEqual({
        QueueUrl: "https://queue",
        ReceiptHandle: "receipt",
        VisibilityTimeout: hidden,
      });
    },
  );

  test("what nobody can read goes to the dead letters as it is", async () => {
    await queue().deadLetter("no JSON");
    expect(sqs.commandCalls(SendMessageCommand)[0]?.args[0].input).toEqual({
      QueueUrl: "https://dead",
      MessageBody: "no JSON",
    });
  });
});
