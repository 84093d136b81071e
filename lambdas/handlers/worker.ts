import { tmpdir } from "node:os";
import { injectLambdaContext } from "@aws-lambda-powertools/logger/middleware";
import { logMetrics } from "@aws-lambda-powertools/metrics/middleware";
import middy from "@middy/core";
import { generations } from "../generations/configured.ts";
import { images } from "../images/configured.ts";
import { downloadImage } from "../images/download.ts";
import { paceOf } from "../pacing/pace.ts";
import { createPacers } from "../pacing/pacers.ts";
import { turns } from "../painting/configured.ts";
import type { WorkerDependencies } from "../painting/dependencies.ts";
import { receiveTurns } from "../painting/receive-turns.ts";
import { documents as client, secrets } from "../platform/clients.ts";
import { sleep } from "../platform/clock.ts";
import { list, required, requiredNumber } from "../platform/environment.ts";
import { counted, logger, metrics } from "../platform/observe.ts";
import { priceOf } from "../providers/catalogue.ts";
import { createDashScopeClient } from "../providers/dashscope/client.ts";
import { createProviderKey } from "../providers/provider-key.ts";
import { providerRegion } from "../providers/region.ts";

const region = providerRegion();
const pace = paceOf(requiredNumber("PROVIDER_REQUESTS_PER_MINUTE"), requiredNumber("PROVIDER_BURST"));
const table = required("TABLE_NAME");
const probeEvery = requiredNumber("PROBE_SECONDS") * 1000;
const now = Date.now;
const provider = createDashScopeClient({
  baseUrl: required("PROVIDER_BASE_URL"),
  readTimeoutMs: requiredNumber("PROVIDER_READ_TIMEOUT_SECONDS") * 1000,
});
const download = {
  directory: tmpdir(),
  extraHosts: list("PROVIDER_IMAGE_HOSTS"),
  // The worker compares the dimensions itself, with what was asked and with what the provider counted.
  expected: { width: null, height: null },
  timeoutMs: requiredNumber("DOWNLOAD_TIMEOUT_SECONDS") * 1000,
};
const dependencies: WorkerDependencies = {
  generations,
  pacerOf: createPacers({ client, table, region, pace, probeEvery, now, sleep }),
  images,
  providerKey: createProviderKey(secrets, required("PROVIDER_KEY_SECRET_ARN"), now),
  submit: (request, apiKey) => provider.submit(request, { apiKey }),
  download: (sourceUrl) => downloadImage(sourceUrl, download),
  priceOf: (model) => priceOf(region, model),
  region,
  pace,
  leaseSeconds: requiredNumber("LEASE_SECONDS"),
  slotWaitMs: requiredNumber("SLOT_WAIT_SECONDS") * 1000,
  now,
  random: Math.random,
  sleep,
  signal: (name, generation_id) => counted(name, "warn", { generation_id }),
};

/** Works off the queue of turns: the one way to the provider. */
export const handler = middy(receiveTurns({ dependencies, queue: turns }))
  .use(logMetrics(metrics))
  .use(injectLambdaContext(logger));
