import { injectLambdaContext } from "@aws-lambda-powertools/logger/middleware";
import { MetricUnit } from "@aws-lambda-powertools/metrics";
import middy from "@middy/core";
import { batches } from "../batches/configured.ts";
import { expansions } from "../batches/configured-queue.ts";
import { reconcileBatches } from "../batches/reconcile.ts";
import { generations } from "../generations/configured.ts";
import { oldestOpenSeconds } from "../generations/oldest-open.ts";
import { createUnannouncedEnds } from "../generations/unannounced-ends.ts";
import { answers } from "../painting/configured-answers.ts";
import { createTurnSender } from "../painting/queue.ts";
import { reconcile } from "../painting/reconcile.ts";
import { documents } from "../platform/clients/documents.ts";
import { queues } from "../platform/clients/queues.ts";
import { required } from "../platform/environment.ts";
import { counted, logger, metrics, publishedMetrics } from "../platform/observe.ts";
import { tellMissedEnds } from "../workflows/missed-ends.ts";

const ends = createUnannouncedEnds(documents, required("TABLE_NAME"));
const turns = createTurnSender(queues, required("QUEUE_URL"));

/** Every few minutes: whatever is open and past what its state allows is queued again or ended. */
export const handler = middy(async () => {
  const result = await reconcile({
    generations,
    queue: turns,
    answers,
    now: Date.now,
    signal: (name, generation_id) => counted(name, "warn", { generation_id }),
  });
  await tellMissedEnds({
    generations,
    ends,
    now: Date.now,
    signal: (name, generation_id) => counted(name, "error", { generation_id }),
  });
  await reconcileBatches({
    batches,
    expansions,
    now: Date.now,
    signal: (name, batch_id) => counted(name, "warn", { batch_id }),
  });
  metrics.addMetric(
    "OldestOpenGenerationSeconds",
    MetricUnit.Seconds,
    await oldestOpenSeconds(generations, Date.now()),
  );
  metrics.addMetric("Reconciled", MetricUnit.Count, result.ended + result.queuedAgain);
  return result;
})
  .use(injectLambdaContext(logger))
  .use(publishedMetrics);
