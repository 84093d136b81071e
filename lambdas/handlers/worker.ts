import { tmpdir } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { injectLambdaContext } from "@aws-lambda-powertools/logger/middleware";
import { MetricUnit } from "@aws-lambda-powertools/metrics";
import { logMetrics } from "@aws-lambda-powertools/metrics/middleware";
import { S3Client } from "@aws-sdk/client-s3";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { SQSClient } from "@aws-sdk/client-sqs";
import middy from "@middy/core";
import { createGenerationStore } from "../generations/table.ts";
import { createImageStore } from "../images/bucket.ts";
import { downloadImage } from "../images/download.ts";
import { createPacer, type Pacer } from "../pacing/limiter.ts";
import { paceOf } from "../pacing/pace.ts";
import type { WorkerDependencies } from "../painting/dependencies.ts";
import { createKeptAnswers } from "../painting/kept-answers.ts";
import { createTurnQueue } from "../painting/queue.ts";
import { receiveTurns } from "../painting/receive-turns.ts";
import { CALLS, PICTURE_CALLS } from "../platform/call-limits.ts";
import { documentClient } from "../platform/dynamodb.ts";
import { list, required, requiredNumber } from "../platform/environment.ts";
import { logger, metrics } from "../platform/observe.ts";
import { priceOf } from "../providers/catalogue.ts";
import { createDashScopeClient } from "../providers/dashscope/client.ts";
import { checkResultUrl } from "../providers/dashscope/result-hosts.ts";
import { createProviderKey } from "../providers/provider-key.ts";
import { providerRegion } from "../providers/region.ts";

const client = documentClient();
const table = required("TABLE_NAME");
const region = providerRegion();
const pace = paceOf(requiredNumber("PROVIDER_REQUESTS_PER_MINUTE"), requiredNumber("PROVIDER_BURST"));
const now = Date.now;
const pause = async (milliseconds: number) => {
  await sleep(milliseconds);
};
const pacers = new Map<string, Pacer>();
const imageHosts = list("PROVIDER_IMAGE_HOSTS");
const pictures = new S3Client(PICTURE_CALLS);
const answers = createKeptAnswers(pictures, required("BUCKET_NAME"));
const provider = createDashScopeClient({
  baseUrl: required("PROVIDER_BASE_URL"),
  readTimeoutMs: requiredNumber("PROVIDER_READ_TIMEOUT_SECONDS") * 1000,
  isResultUrl: (address) => checkResultUrl(address, { extraHosts: imageHosts }).allowed,
});

const dependencies: WorkerDependencies = {
  generations: createGenerationStore(client, table, requiredNumber("RETENTION_DAYS")),
  pacerOf(model) {
    const known = pacers.get(model);
    if (known !== undefined) return known;
    const pacer = createPacer({
      client,
      table,
      region,
      model,
      pace,
      probeEvery: requiredNumber("PROBE_SECONDS") * 1000,
      now,
      sleep: pause,
    });
    pacers.set(model, pacer);
    return pacer;
  },
  images: createImageStore(pictures, required("BUCKET_NAME"), now),
  providerKey: createProviderKey(new SecretsManagerClient(CALLS), required("PROVIDER_KEY_SECRET_ARN"), now),
  submit: (request, apiKey) => provider.submit(request, { apiKey }),
  answers,
  async download(sourceUrl) {
    const kept = await answers.addressOf(sourceUrl);
    return downloadImage(kept?.href ?? sourceUrl, {
      directory: tmpdir(),
      extraHosts: kept === null ? imageHosts : [kept.host],
      // The worker compares the dimensions itself, with what was asked and with what the provider counted.
      expected: { width: null, height: null },
      timeoutMs: requiredNumber("DOWNLOAD_TIMEOUT_SECONDS") * 1000,
    });
  },
  priceOf: (model) => priceOf(region, model),
  region,
  pace,
  leaseSeconds: requiredNumber("LEASE_SECONDS"),
  slotWaitMs: requiredNumber("SLOT_WAIT_SECONDS") * 1000,
  now,
  random: Math.random,
  sleep: pause,
  signal(name, generationId) {
    metrics.addMetric(name, MetricUnit.Count, 1);
    logger.warn(name, { generation_id: generationId });
  },
};

const queue = createTurnQueue(new SQSClient(CALLS), {
  queue: required("QUEUE_URL"),
  deadLetters: required("DEAD_LETTER_QUEUE_URL"),
});

/** Works off the queue of turns: the one way to the provider. */
export const handler = middy(receiveTurns({ dependencies, queue }))
  .use(logMetrics(metrics))
  .use(injectLambdaContext(logger));
