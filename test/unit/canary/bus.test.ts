import {
  DeleteRuleCommand,
  EventBridgeClient,
  PutEventsCommand,
  PutRuleCommand,
  RemoveTargetsCommand,
} from "@aws-sdk/client-eventbridge";
import {
  CreateQueueCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { mockClient } from "aws-sdk-client-mock";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { watchBus } from "../../../bin/canary/bus.ts";
import type { Place } from "../../../bin/canary/place.ts";

const queues = mockClient(SQSClient);
const events = mockClient(EventBridgeClient);
const options = { region: "us-east-1" };
const place = {
  queues: new SQSClient(options),
  events: new EventBridgeClient(options),
  eventBus: "image-service-dev",
} as Place;
const { signal } = new AbortController();

/** What the queue will hand over, a message at each look; a look that finds nothing takes its five seconds. */
let arriving: object[];

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"] });
  arriving = [];
  queues.reset();
  events.reset();
  queues.onAnyCommand().resolves({});
  events.onAnyCommand().resolves({});
  queues.on(CreateQueueCommand).resolves({ QueueUrl: "https://queue" });
  queues.on(GetQueueAttributesCommand).resolves({ Attributes: { QueueArn: "arn:queue" } });
  queues.on(ReceiveMessageCommand).callsFake(async () => {
    const event = arriving.shift();
    if (event !== undefined) return { Messages: [{ Body: JSON.stringify(event), ReceiptHandle: "receipt" }] };
    vi.setSystemTime(Date.now() + 5000);
    return {};
  });
  events.on(PutRuleCommand).resolves({ RuleArn: "arn:rule" });
  // The bus works: what the canary sends itself arrives.
  events.on(PutEventsCommand).callsFake(async () => {
    arriving.push({ source: "image-service.canary", "detail-type": "probe", detail: {} });
    return {};
  });
});
afterEach(() => {
  vi.useRealTimers();
});

const end = (id: string) => ({
  source: "image-service",
  "detail-type": "Generation succeeded",
  detail: { id },
});

describe("the canary at the bus", () => {
  test("hears how its own generation ended, whatever else is told", async () => {
    const bus = await watchBus(place, signal);
    arriving.push(end("gen_other"), end("gen_mine"));
    expect(await bus.endOf("gen_mine")).toBe("Generation succeeded");
  });

  test("is red when an end is never told, though the bus works", async () => {
    const bus = await watchBus(place, signal);
    arriving.push(end("gen_other"));
    await expect(bus.endOf("gen_mine")).rejects.toThrow(
      "The end of gen_mine has not come from the bus image-service-dev within 3 minutes.",
    );
  });

  test("is red before anything is spent when the bus passes nothing on, and leaves nothing behind", async () => {
    events.on(PutEventsCommand).resolves({});
    await expect(watchBus(place, signal)).rejects.toThrow("An event of our own has not come");
    expect(events.commandCalls(RemoveTargetsCommand)).toHaveLength(1);
    expect(events.commandCalls(DeleteRuleCommand)).toHaveLength(1);
    expect(queues.commandCalls(DeleteQueueCommand)).toHaveLength(1);
  });
});
