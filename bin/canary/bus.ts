import { randomUUID } from "node:crypto";
import {
  DeleteRuleCommand,
  PutEventsCommand,
  PutRuleCommand,
  PutTargetsCommand,
  RemoveTargetsCommand,
} from "@aws-sdk/client-eventbridge";
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SetQueueAttributesCommand,
} from "@aws-sdk/client-sqs";
import * as z from "zod";
import { Failure } from "../failure.ts";
import type { Place } from "./place.ts";

/** An event as the bus delivers it. */
const eventSchema = z.object({ source: z.string(), "detail-type": z.string(), detail: z.unknown() });
type BusEvent = z.infer<typeof eventSchema>;

/** A rule and a queue of our own on the stack's bus. */
export interface BusWatch {
  /** Waits until the bus has told how a generation ended; answers what it said, such as `Generation succeeded`. */
  readonly endOf: (id: string) => Promise<string>;
  /** Takes rule and queue away. */
  readonly remove: () => Promise<void>;
}

/** How long a new rule may take until it passes events on, and how long an end may take to arrive. */
const PATIENCE_MS = 180_000;
const PROBE = "image-service.canary";
const TARGET = "canary";

/**
 * Listens to the bus as another program would. A new rule works after some seconds, or a minute: so it sends itself
 * events until one arrives.
 */
export async function watchBus({ events, queues, eventBus }: Place, signal: AbortSignal): Promise<BusWatch> {
  const name = `image-service-canary-${randomUUID().slice(0, 8)}`;
  const heard: BusEvent[] = [];
  const undo: (() => Promise<unknown>)[] = [];
  const remove = async () => {
    for (let step = undo.pop(); step !== undefined; step = undo.pop()) await step();
  };

  /** Receives until an event is the wanted one; `each` is done before every look. */
  async function until<Found>(
    what: string,
    queueUrl: string,
    find: (event: BusEvent) => Found | undefined,
    each: () => Promise<unknown> = async () => {},
  ): Promise<Found> {
    const end = Date.now() + PATIENCE_MS;
    for (;;) {
      for (const event of heard) {
        const found = find(event);
        if (found !== undefined) return found;
      }
      if (Date.now() > end)
        throw new Failure(`${what} has not come from the bus ${eventBus} within 3 minutes.`);
      await each();
      heard.push(...(await receive(queueUrl)));
    }
  }

  async function receive(QueueUrl: string): Promise<BusEvent[]> {
    const wanted = { QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 5 };
    const { Messages = [] } = await queues.send(new ReceiveMessageCommand(wanted), { abortSignal: signal });
    for (const { ReceiptHandle } of Messages)
      await queues.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
    return Messages.map(({ Body = "{}" }) => eventSchema.parse(JSON.parse(Body)));
  }

  try {
    const { QueueUrl = "" } = await queues.send(new CreateQueueCommand({ QueueName: name }));
    undo.push(() => queues.send(new DeleteQueueCommand({ QueueUrl })));
    const { Attributes } = await queues.send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["QueueArn"] }),
    );
    const Arn = Attributes?.["QueueArn"] ?? "";
    const place = { Name: name, EventBusName: eventBus };
    const EventPattern = JSON.stringify({ source: ["image-service", PROBE] });
    const { RuleArn } = await events.send(new PutRuleCommand({ ...place, EventPattern }));
    undo.push(() => events.send(new DeleteRuleCommand(place)));
    await letIn(QueueUrl, Arn, RuleArn);
    await events.send(
      new PutTargetsCommand({ Rule: name, EventBusName: eventBus, Targets: [{ Id: TARGET, Arn }] }),
    );
    undo.push(() =>
      events.send(new RemoveTargetsCommand({ Rule: name, EventBusName: eventBus, Ids: [TARGET] })),
    );
    const probe = { Source: PROBE, DetailType: "probe", Detail: "{}", EventBusName: eventBus };
    await until(
      "An event of our own",
      QueueUrl,
      ({ source }) => source === PROBE || undefined,
      () => events.send(new PutEventsCommand({ Entries: [probe] })),
    );
    return {
      endOf: (id) =>
        until(`The end of ${id}`, QueueUrl, ({ source, detail, "detail-type": type }) =>
          source === "image-service" && Object(detail)["id"] === id ? type : undefined,
        ),
      remove,
    };
  } catch (error) {
    await remove();
    throw error;
  }

  /** Without this the bus may not send to the queue. */
  async function letIn(QueueUrl: string, Resource: string, rule: string | undefined): Promise<void> {
    const Policy = JSON.stringify({
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Principal: { Service: "events.amazonaws.com" },
          Action: "sqs:SendMessage",
          Resource,
          Condition: { ArnEquals: { "aws:SourceArn": rule } },
        },
      ],
    });
    await queues.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { Policy } }));
  }
}
