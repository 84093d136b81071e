import { injectLambdaContext } from "@aws-lambda-powertools/logger/middleware";
import { MetricUnit } from "@aws-lambda-powertools/metrics";
import { logMetrics } from "@aws-lambda-powertools/metrics/middleware";
import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { S3Client } from "@aws-sdk/client-s3";
import { SFNClient } from "@aws-sdk/client-sfn";
import { SQSClient } from "@aws-sdk/client-sqs";
import middy from "@middy/core";
import { required } from "../environment.ts";
import { logger, metrics } from "../observe.ts";
import { documentClient } from "../store/dynamodb.ts";
import { createImageStore } from "../store/images.ts";
import { createTurnQueue } from "../store/queue.ts";
import { createTaskTokens } from "../store/task-tokens.ts";
import { createEndings } from "./announce-end.ts";
import { relayChanges } from "./relay-changes.ts";

const queue = createTurnQueue(new SQSClient({}), {
  queue: required("QUEUE_URL"),
  deadLetters: required("DEAD_LETTER_QUEUE_URL"),
});

const announce = createEndings({
  events: new EventBridgeClient({}),
  eventBus: required("EVENT_BUS_NAME"),
  workflows: new SFNClient({}),
  taskTokens: createTaskTokens(documentClient(), required("TABLE_NAME"), Date.now),
  images: createImageStore(new S3Client({}), required("BUCKET_NAME"), Date.now),
});

/** Carries the table's changes on: new generations to the queue, ended ones to whoever waits for them. */
export const handler = middy(
  relayChanges({
    queue,
    announce,
    unreadable() {
      metrics.addMetric("PoisonMessage", MetricUnit.Count, 1);
      logger.error("a change in the table could not be read");
    },
  }),
)
  .use(logMetrics(metrics))
  .use(injectLambdaContext(logger));
