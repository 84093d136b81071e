import { injectLambdaContext } from "@aws-lambda-powertools/logger/middleware";
import { MetricUnit } from "@aws-lambda-powertools/metrics";
import { logMetrics } from "@aws-lambda-powertools/metrics/middleware";
import { SQSClient } from "@aws-sdk/client-sqs";
import middy from "@middy/core";
import { required, requiredNumber } from "../environment.ts";
import { logger, metrics } from "../observe.ts";
import { createBatchStore } from "../store/batches.ts";
import { CALLS } from "../store/call-limits.ts";
import { documentClient } from "../store/dynamodb.ts";
import { createExpansions } from "../store/expansions.ts";
import { createGenerationStore } from "../store/generations.ts";
import { createTurnQueue } from "../store/queue.ts";
import { reconcile } from "./reconcile.ts";
import { reconcileBatches } from "./reconcile-batches.ts";

const client = documentClient();
const queues = new SQSClient(CALLS);
const table = required("TABLE_NAME");
const retentionDays = requiredNumber("RETENTION_DAYS");
const generations = createGenerationStore(client, table, retentionDays);
const batches = createBatchStore(client, { table, retentionDays, now: Date.now });
const expansions = createExpansions(queues, required("EXPANSION_QUEUE_URL"));
const queue = createTurnQueue(queues, {
  queue: required("QUEUE_URL"),
  deadLetters: required("DEAD_LETTER_QUEUE_URL"),
});

/** Every few minutes: whatever is open and past what its state allows is queued again or ended. */
export const handler = middy(async () => {
  const result = await reconcile({
    generations,
    queue,
    now: Date.now,
    signal(name, generationId) {
      metrics.addMetric(name, MetricUnit.Count, 1);
      logger.warn(name, { generation_id: generationId });
    },
  });
  await reconcileBatches({
    batches,
    expansions,
    now: Date.now,
    signal(name, batchId) {
      metrics.addMetric(name, MetricUnit.Count, 1);
      logger.warn(name, { batch_id: batchId });
    },
  });
  metrics.addMetric("Reconciled", MetricUnit.Count, result.ended + result.queuedAgain);
  return result;
})
  .use(logMetrics(metrics))
  .use(injectLambdaContext(logger));
