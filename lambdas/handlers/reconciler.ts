import { injectLambdaContext } from "@aws-lambda-powertools/logger/middleware";
import { MetricUnit } from "@aws-lambda-powertools/metrics";
import { logMetrics } from "@aws-lambda-powertools/metrics/middleware";
import { SQSClient } from "@aws-sdk/client-sqs";
import middy from "@middy/core";
import { createExpansions } from "../batches/expansions.ts";
import { reconcileBatches } from "../batches/reconcile.ts";
import { createBatchStore } from "../batches/table.ts";
import { createGenerationStore } from "../generations/table.ts";
import { createTurnSender } from "../painting/queue.ts";
import { reconcile } from "../painting/reconcile.ts";
import { CALLS } from "../platform/call-limits.ts";
import { documentClient } from "../platform/dynamodb.ts";
import { required, requiredNumber } from "../platform/environment.ts";
import { logger, metrics } from "../platform/observe.ts";

const client = documentClient();
const queues = new SQSClient(CALLS);
const table = required("TABLE_NAME");
const retentionDays = requiredNumber("RETENTION_DAYS");
const generations = createGenerationStore(client, table, retentionDays);
const batches = createBatchStore(client, { table, retentionDays, now: Date.now });
const expansions = createExpansions(queues, required("EXPANSION_QUEUE_URL"));
const queue = createTurnSender(queues, required("QUEUE_URL"));

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
