import {
  ChangeMessageVisibilityCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  type SQSClient,
} from "@aws-sdk/client-sqs";
import { createTurnQueue, type TurnQueue } from "../../../lambdas/painting/queue.ts";
import type { Chronicle } from "./chronicle.ts";
import { LIVENESS, MOST_RECEIVES, VISIBILITY_MS } from "./deployment.ts";
import type { Naming } from "./naming.ts";
import type { Process, Processes } from "./processes.ts";
import type { Timeline } from "./timeline.ts";

interface Message {
  readonly body: string;
  visibleAt: number;
  /** When it is delivered a second time, whatever hides it. */
  againAt: number;
  receives: number;
  deleted: boolean;
}

/** A message on its way to a worker. */
export interface Delivery {
  /** Counted over all messages. */
  readonly number: number;
  readonly receipt: string;
  readonly body: string;
  /** How often this message was delivered, this time included. */
  readonly receives: number;
}

/** Whom the queue delivers to. */
export interface Consumer {
  readonly isFree: () => boolean;
  readonly receive: (delivery: Delivery) => void;
}

/** SQS, and the poller that hands its messages to the workers. */
export interface Queue {
  queueOf(process: Process): TurnQueue;
  /** Delivers what is visible, as long as the consumer is free. */
  poll(): void;
  delete(receipt: string): void;
  readonly deadLetters: readonly string[];
  /** Messages that are not deleted, visible or not. */
  readonly left: number;
  /** Deliveries until now. */
  readonly receives: number;
}

interface Surroundings {
  /** The numbers of the deliveries that happen twice. */
  readonly duplicates: readonly number[];
  readonly timeline: Timeline;
  readonly chronicle: Chronicle;
  readonly naming: Naming;
  readonly processes: Processes;
  readonly random: () => number;
  readonly latency: () => number;
  readonly consumer: Consumer;
}

export function createQueue(surroundings: Surroundings): Queue {
  const { duplicates, timeline, chronicle, naming, processes, random, latency, consumer } = surroundings;
  const messages = new Set<Message>();
  const received = new Map<string, Message>();
  const deadLetters: string[] = [];
  let receives = 0;

  function enqueue(body: string): void {
    const message = {
      body,
      visibleAt: timeline.clock,
      againAt: Number.POSITIVE_INFINITY,
      receives: 0,
      deleted: false,
    };
    messages.add(message);
    reveal(message, timeline.clock + latency());
  }

  function reveal(message: Message, at: number): void {
    message.visibleAt = at;
    timeline.at(at, poll);
  }

  function poll(): void {
    const visible = [...messages].filter(
      ({ visibleAt, againAt }) => Math.min(visibleAt, againAt) <= timeline.clock,
    );
    while (consumer.isFree() && visible.length > 0) {
      // A queue that is no FIFO.
      const [message] = visible.splice(Math.floor(random() * visible.length), 1);
      if (message !== undefined && !isBuried(message)) consumer.receive(handOut(message));
    }
  }

  function isBuried(message: Message): boolean {
    if (message.receives < MOST_RECEIVES) return false;
    chronicle.log(`the message for ${naming.nameIn(message.body)} goes to the dead letters`);
    deadLetters.push(message.body);
    remove(message);
    return true;
  }

  function handOut(message: Message): Delivery {
    const number = receives++;
    const receipt = `receipt-${number}`;
    message.receives++;
    received.set(receipt, message);
    reveal(message, timeline.clock + VISIBILITY_MS);
    message.againAt = Number.POSITIVE_INFINITY;
    if (duplicates.includes(number)) {
      message.againAt = timeline.clock + random() * 2000;
      timeline.at(message.againAt, poll);
    }
    return { number, receipt, body: message.body, receives: message.receives };
  }

  function putBack(receipt: string, seconds: number): void {
    const message = received.get(receipt);
    if (message !== undefined && !message.deleted) reveal(message, timeline.clock + seconds * 1000);
  }

  function remove(message: Message): void {
    message.deleted = true;
    messages.delete(message);
  }

  function queueOf(process: Process): TurnQueue {
    const send = (command: unknown) => {
      if (command instanceof ChangeMessageVisibilityCommand) {
        const { ReceiptHandle = "", VisibilityTimeout = 0 } = command.input;
        const kind = VisibilityTimeout === LIVENESS.visibilitySeconds ? "hold" : "put back";
        return processes.call(process, kind, () => putBack(ReceiptHandle, VisibilityTimeout));
      }
      if (command instanceof SendMessageBatchCommand) {
        return processes.call(process, "send", () => {
          for (const { MessageBody = "" } of command.input.Entries ?? []) enqueue(MessageBody);
          return {};
        });
      }
      if (command instanceof SendMessageCommand) {
        return processes.call(process, "dead letter", () => {
          deadLetters.push(command.input.MessageBody ?? "");
        });
      }
      throw new Error("unknown SQS command");
    };
    return createTurnQueue({ send } as unknown as SQSClient, { queue: "queue", deadLetters: "dead" });
  }

  return {
    queueOf,
    poll,
    delete: (receipt) => {
      const message = received.get(receipt);
      if (message !== undefined) remove(message);
    },
    deadLetters,
    get left() {
      return messages.size;
    },
    get receives() {
      return receives;
    },
  };
}
