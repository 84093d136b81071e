import { InvokeCommand } from "@aws-sdk/client-lambda";
import { DeleteMessageCommand, ReceiveMessageCommand, SendMessageCommand } from "@aws-sdk/client-sqs";
import { PutCommand } from "@aws-sdk/lib-dynamodb";
import { beforeAll, describe, expect, test } from "vitest";
import { plan } from "../../lambdas/generations/create.ts";
import { keyOf, toItem } from "../../lambdas/generations/item.ts";
import type { Generation, Queued } from "../../lambdas/generations/record.ts";
import { parseCreateRequest } from "../../lambdas/generations/request.ts";
import { claim } from "../../lambdas/generations/transitions/claim.ts";
import { messageBody } from "../../lambdas/painting/queue.ts";
import { timestamp } from "../../lambdas/platform/clock.ts";
import { randomId } from "../../lambdas/platform/ids.ts";
import { processesOf } from "../support/fault-proxy/client.ts";
import type { Fault } from "../support/fault-proxy/faults.ts";
import { offer, quotaOf, schema } from "../support/generations.ts";
import {
  aws,
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
  stack,
  strike,
  takingSlot,
  until,
  writing,
} from "./harness.ts";

type ServiceFault = Pick<Fault, "operation" | "action"> & Partial<Fault>;

/** After these the process that asked has given up, and another may know the secret already. */
const SDK_TRIES = 3;
/** More often than the SDK tries. */
const PERSISTENTLY = SDK_TRIES + 1;

const queueTurn = (id: string) =>
  aws.queue.send(new SendMessageCommand({ QueueUrl: stack.queue_url, MessageBody: messageBody(id) }));

// Processes that never read the secret: a warm one would not do so again.
beforeAll(async () => {
  for (const pid of await processesOf(proxyUrl, "worker")) process.kill(pid, "SIGKILL");
});

describe("a service fails for a while", () => {
  const failing: [what: string, fault: ServiceFault][] = [
    ["DynamoDB, reading the record", { operation: "DynamoDB.GetItem", action: "fail" }],
    ["Secrets Manager", { operation: "SecretsManager.GetSecretValue", action: "fail" }],
    ["DynamoDB, looking at the line", { operation: "DynamoDB.Query", action: "fail" }],
    ["DynamoDB, at the pacer", { ...takingSlot, action: "fail" }],
    ["DynamoDB, at the claim", { ...writing("submitting"), action: "fail" }],
    ["DynamoDB, at the checkpoint", { ...writing("painted"), action: "fail" }],
    ["DynamoDB, at the end", { ...writing("succeeded"), action: "fail" }],
    ["S3", { operation: "S3.PUT", action: "fail" }],
    ["SQS, for the relay", { caller: "relay", operation: "SQS.SendMessageBatch", action: "fail" }],
    ["EventBridge", { caller: "relay", operation: "EventBridge.PutEvents", action: "fail" }],
  ];
  test.concurrent.for(failing)("%s: one painting, one picture", async ([, fault]) => {
    const wanted = job();
    const times = fault.operation.startsWith("Secrets") ? SDK_TRIES : PERSISTENTLY;
    const ordered = await strike(wanted, { times, ...fault });
    await send(wanted);

    await expectPicture(await end(wanted), wanted);
    await until("all failures", async () => (await ordered.struck()) === times);
  });

  const hanging: [what: string, fault: ServiceFault][] = [
    ["DynamoDB, at the claim", { ...writing("submitting"), action: "hang" }],
    ["DynamoDB, at the checkpoint", { ...writing("painted"), action: "hang" }],
    ["DynamoDB, at the checkpoint, which is written", { ...writing("painted"), action: "hang-after" }],
    ["DynamoDB, at the end", { ...writing("succeeded"), action: "hang" }],
    ["SQS, for the relay", { caller: "relay", operation: "SQS.SendMessageBatch", action: "hang" }],
  ];
  test.concurrent.for(hanging)("%s, without an answer: one painting, one picture", async ([, fault]) => {
    const wanted = job();
    const ordered = await strike(wanted, fault);
    await send(wanted);

    await expectPicture(await end(wanted), wanted);
    expect(await ordered.struck()).toBe(1);
  });

  test.concurrent("SQS, when a message is put back: it comes back later", async () => {
    const wanted = job("[[fault:throttle-once]]");
    const fault = { operation: "SQS.ChangeMessageVisibility", action: "fail", times: PERSISTENTLY } as const;
    await strike(wanted, fault);
    await send(wanted);

    await expectPicture(await end(wanted), wanted, 2);
  });

  test.concurrent("DynamoDB, for the API: the caller gets a problem, and the repetition a picture", async () => {
    const wanted = job();
    await strike(wanted, {
      caller: "api",
      operation: "DynamoDB.PutItem",
      action: "fail",
      times: PERSISTENTLY,
    });

    const refused = await send(wanted);

    expect(refused.status).toBe(500);
    expect(refused.headers.get("content-type")).toBe("application/problem+json");
    expect(refused.body).toMatchObject({ code: "internal", billed: "unknown" });
    await until("acceptance", async () => (await send(wanted)).status < 300);
    await expectPicture(await end(wanted), wanted);
  });

  const lost: [what: string, fault: ServiceFault][] = [
    ["the slot", { ...takingSlot, action: "lose-answer" }],
    ["the claim", { ...writing("submitting"), action: "lose-answer" }],
    ["the checkpoint", { ...writing("painted"), action: "lose-answer" }],
    ["the end", { ...writing("succeeded"), action: "lose-answer" }],
    ["the picture", { operation: "S3.PUT", action: "lose-answer" }],
    ["the turn", { caller: "relay", operation: "SQS.SendMessageBatch", action: "lose-answer" }],
    ["the acceptance", { caller: "api", operation: "DynamoDB.PutItem", action: "lose-answer" }],
  ];
  test.concurrent.for(lost)(
    "%s is written, but the answer is lost: one painting, one picture",
    async ([, fault]) => {
      const wanted = job();
      const ordered = await strike(wanted, fault);
      await send(wanted);

      await expectPicture(await end(wanted), wanted);
      expect(await ordered.struck()).toBe(1);
    },
  );
});

describe("the queue delivers what it should not", () => {
  test.concurrent("a turn several times, before and after: one painting", async () => {
    const wanted = job("[[latency:1000]]");
    await send(wanted);
    await Promise.all([1, 2, 3, 4].map(() => queueTurn(wanted.id)));
    const ended = await end(wanted);
    await queueTurn(wanted.id);

    await expectPicture(ended, wanted);
    await until("an ended generation", async () => (await itemOf(wanted))?.["state"] === "succeeded");
  });

  test.concurrent("a turn of a generation that nobody knows: nothing happens", async () => {
    await queueTurn(randomId());
  });
});

// One after the other from here on: these leave records and messages about that others would trip over.
describe("what cannot be read", () => {
  test("a garbage message goes to the dead-letter queue", async () => {
    const body = "{garbage";
    await aws.queue.send(new SendMessageCommand({ QueueUrl: stack.queue_url, MessageBody: body }));

    expect(await takeDeadLetter()).toBe(body);
  });

  test("a corrupt record leaves the line, and its message goes to the dead-letter queue", async () => {
    const broken = job();
    const [first, other] = [job(), job()];
    await send(first);
    const { state: _, ...rest } = await inState(first, "succeeded");
    const pk = `generation#${broken.id}`;
    const line = { line: "interactive#qwen-image-max", line_at: "2020-01-01T00:00:00.000Z" };
    await aws.table.send(
      new PutCommand({
        TableName: stack.table_name,
        Item: { ...rest, ...line, pk, id: broken.id, state: "queued", attempts: "many" },
      }),
    );
    await queueTurn(broken.id);
    await send(other);

    await expectPicture(await end(other), other);
    expect(await takeDeadLetter()).toBe(messageBody(broken.id));
    expect(await itemOf(broken)).not.toHaveProperty("line");
  });
});

describe("the reconciler, when a message is lost for good", () => {
  // A message of another would give the generation its turn before the reconciler comes.
  beforeAll(expectQueuesEmpty);

  test("queues a queued generation again, which is painted once", async () => {
    const wanted = job();
    await withoutMessage(accepted(wanted));

    await reconcile();

    await expectPicture(await end(wanted), wanted);
    expect((await itemOf(wanted))?.["requeues"]).toBe(1);
  });

  test("ends one that was being submitted: its outcome is unknown", async () => {
    const wanted = job();
    const { region, price, ...queued } = accepted(wanted);
    const now = Date.now() - 60_000;
    const claimed = claim(
      { region, price, ...queued },
      { now, leaseSeconds: 8, turn: wanted.id, region, price },
    );
    await withoutMessage(claimed);

    await reconcile();

    const expected = { code: "upstream_outcome_unknown", billed: "unknown", submissions: 0 } as const;
    await expectFailure(await end(wanted), wanted, expected);
  });
});

describe("afterwards", () => {
  test("nothing is left in the queues", expectQueuesEmpty);
});

/** Waits for the one message of the dead-letter queue, and takes it out. */
async function takeDeadLetter(): Promise<string | undefined> {
  const QueueUrl = stack.dead_letter_queue_url;
  const message = await until("a dead letter", async () => {
    const { Messages = [] } = await aws.queue.send(new ReceiveMessageCommand({ QueueUrl }));
    return Messages[0];
  });
  await aws.queue.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: message.ReceiptHandle ?? "" }));
  return message.Body;
}

/** What would be in the table had the API accepted it. */
function accepted({ body, key }: Job): Queued {
  const request = parseCreateRequest(schema, body);
  const intent = { request, owner: "local", lane: "interactive", idempotencyKey: key } as const;
  return plan(intent, { offer, quotaOf, now: Date.now, random: Math.random });
}

/** Puts a generation into the table without the relay's notice: it follows no item that it can't read. */
async function withoutMessage(generation: Generation): Promise<void> {
  const item = { ...toItem(generation, 7), due_at: timestamp(Date.now() - 1000) };
  for (const Item of [keyOf(generation.id), item])
    await aws.table.send(new PutCommand({ TableName: stack.table_name, Item }));
}

async function reconcile(): Promise<void> {
  await aws.functions.send(new InvokeCommand({ FunctionName: "image-service-local-reconciler" }));
}
