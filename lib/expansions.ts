import { Duration } from "aws-cdk-lib";
import type { Metric } from "aws-cdk-lib/aws-cloudwatch";
import { SqsEventSource } from "aws-cdk-lib/aws-lambda-event-sources";
import { Queue, QueueEncryption } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import type { ServiceFunction } from "./service-function.ts";
import type { Timeouts } from "./timeouts.ts";

const secured = {
  encryption: QueueEncryption.SQS_MANAGED,
  enforceSSL: true,
  retentionPeriod: Duration.days(14),
} as const;

/** Batches whose generations are to be made: away from the queue of turns, which is paced. */
export class Expansions extends Construct {
  private readonly queue: Queue;
  private readonly failures: Queue;

  constructor(scope: Construct, id: string, timeouts: Timeouts) {
    super(scope, id);
    this.failures = new Queue(this, "Failures", secured);
    this.queue = new Queue(this, "Queue", {
      ...secured,
      visibilityTimeout: Duration.seconds(timeouts.expansionVisibility),
      deadLetterQueue: { queue: this.failures, maxReceiveCount: 5 },
    });
  }

  grantSend(target: ServiceFunction): void {
    target.set("EXPANSION_QUEUE_URL", this.queue.queueUrl);
    target.allow(["sqs:SendMessage"], [this.queue.queueArn]);
  }

  /** Calls the target with one batch at a time, and a few at once: the table has others to serve. */
  feed(target: ServiceFunction): void {
    target.function.addEventSource(new SqsEventSource(this.queue, { batchSize: 1, maxConcurrency: 5 }));
  }

  /** What the alarms watch. */
  get metrics(): { failures: Metric } {
    const period = { period: Duration.minutes(1), statistic: "Maximum" };
    return { failures: this.failures.metricApproximateNumberOfMessagesVisible(period) };
  }
}
