import { injectLambdaContext } from "@aws-lambda-powertools/logger/middleware";
import { MetricUnit } from "@aws-lambda-powertools/metrics";
import { logMetrics } from "@aws-lambda-powertools/metrics/middleware";
import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { S3Client } from "@aws-sdk/client-s3";
import { SFNClient } from "@aws-sdk/client-sfn";
import { SQSClient } from "@aws-sdk/client-sqs";
import middy from "@middy/core";
import type { DynamoDBStreamEvent } from "aws-lambda";
import { createExpansions } from "../batches/expansions.ts";
import { relayBatches } from "../batches/relay.ts";
import { createImageStore } from "../images/bucket.ts";
import { createTurnSender } from "../painting/queue.ts";
import { relayChanges } from "../painting/relay-changes.ts";
import { CALLS, PICTURE_CALLS } from "../platform/call-limits.ts";
import { documentClient } from "../platform/dynamodb.ts";
import { required } from "../platform/environment.ts";
import { logger, metrics } from "../platform/observe.ts";
import { createEndings } from "../workflows/announce-end.ts";
import { createTaskTokens } from "../workflows/task-tokens.ts";

const queues = new SQSClient(CALLS);
const queue = createTurnSender(queues, required("QUEUE_URL"));

const announce = createEndings({
  events: new EventBridgeClient(CALLS),
  eventBus: required("EVENT_BUS_NAME"),
  workflows: new SFNClient(CALLS),
  taskTokens: createTaskTokens(documentClient(), required("TABLE_NAME"), Date.now),
  images: createImageStore(new S3Client(PICTURE_CALLS), required("BUCKET_NAME"), Date.now),
});

const changes = relayChanges({
  queue,
  announce,
  unreadable() {
    metrics.addMetric("PoisonMessage", MetricUnit.Count, 1);
    logger.error("a change in the table could not be read");
  },
});
const batches = relayBatches(createExpansions(queues, required("EXPANSION_QUEUE_URL")));

/**
 * Carries the table's changes on: new generations to the queue, new batches to the expander, ended generations to
 * whoever waits for them.
 */
export const handler = middy(async (event: DynamoDBStreamEvent) => {
  await batches(event);
  await changes(event);
})
  .use(logMetrics(metrics))
  .use(injectLambdaContext(logger));
