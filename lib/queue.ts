import { CfnOutput, Duration, Stack, Validations } from "aws-cdk-lib";
import type { Metric } from "aws-cdk-lib/aws-cloudwatch";
import { SqsEventSource } from "aws-cdk-lib/aws-lambda-event-sources";
import { type IQueue, Queue, QueueEncryption } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import type { ServiceFunction } from "./service-function.ts";
import type { Timeouts } from "./timeouts.ts";

const secured = { encryption: QueueEncryption.SQS_MANAGED, enforceSSL: true } as const;

/** The line of generations that wait for the provider, and where messages end that nobody could handle. */
export class WorkQueue extends Construct {
  /** Changes that the relay could not pass on. */
  readonly relayFailures: IQueue;
  private readonly queue: Queue;
  private readonly deadLetters: Queue;

  constructor(scope: Construct, id: string, timeouts: Timeouts) {
    super(scope, id);
    this.deadLetters = new Queue(this, "DeadLetters", { ...secured, retentionPeriod: Duration.days(14) });
    this.relayFailures = new Queue(this, "RelayFailures", { ...secured, retentionPeriod: Duration.days(14) });
    Validations.of(this.relayFailures).acknowledge({
      id: "AwsSolutions-SQS3",
      reason: "It is a dead-letter queue itself, of the table's stream, which the rule does not look at.",
    });
    this.queue = new Queue(this, "Queue", {
      ...secured,
      // Longer than any deadline; shorter than with the dead letters, where a message's age goes on counting.
      retentionPeriod: Duration.days(8),
      visibilityTimeout: Duration.seconds(timeouts.queueVisibility),
      // Every deferral is a receive. Attempts are counted in the record: this is for messages that break the worker.
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: 50 },
    });
    new CfnOutput(Stack.of(this), "QueueUrl", { value: this.queue.queueUrl });
    new CfnOutput(Stack.of(this), "DeadLetterQueueUrl", { value: this.deadLetters.queueUrl });
  }

  grantSend(target: ServiceFunction): void {
    target.set("QUEUE_URL", this.queue.queueUrl);
    target.allow(["sqs:SendMessage"], [this.queue.queueArn]);
  }

  /** Give a message up: put it where an operator will find it. */
  grantDeadLetter(target: ServiceFunction): void {
    target.set("DEAD_LETTER_QUEUE_URL", this.deadLetters.queueUrl);
    target.allow(["sqs:SendMessage"], [this.deadLetters.queueArn]);
  }

  /** Calls the target with one message at a time, in at most `concurrency` runs at once. */
  feed(target: ServiceFunction, concurrency: number): void {
    target.function.addEventSource(
      // A batch of one: a message is half an hour of pace, and must not wait for another's download.
      new SqsEventSource(this.queue, {
        batchSize: 1,
        maxConcurrency: concurrency,
        reportBatchItemFailures: true,
      }),
    );
  }

  /** What the alarms and the dashboard watch. */
  get metrics(): { deadLetters: Metric; relayFailures: Metric; waiting: Metric; oldest: Metric } {
    const period = { period: Duration.minutes(1), statistic: "Maximum" };
    return {
      deadLetters: this.deadLetters.metricApproximateNumberOfMessagesVisible(period),
      relayFailures: this.relayFailures.metricApproximateNumberOfMessagesVisible(period),
      waiting: this.queue.metricApproximateNumberOfMessagesVisible(period),
      oldest: this.queue.metricApproximateAgeOfOldestMessage(period),
    };
  }
}
