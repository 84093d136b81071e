import { tmpdir } from "node:os";
import { injectLambdaContext } from "@aws-lambda-powertools/logger/middleware";
import middy from "@middy/core";
import { generations } from "../generations/configured.ts";
import { images } from "../images/configured.ts";
import { mark } from "../images/configured-mark.ts";
import { createPacers } from "../pacing/pacers.ts";
import { configuredLiveness, turns } from "../painting/configured.ts";
import { answers } from "../painting/configured-answers.ts";
import type { WorkerDependencies } from "../painting/dependencies.ts";
import { createDownload } from "../painting/download.ts";
import { receiveTurns } from "../painting/receive-turns.ts";
import { documents as client } from "../platform/clients/documents.ts";
import { secrets } from "../platform/clients/secrets.ts";
import { every, sleep } from "../platform/clock.ts";
import { list, required, requiredNumber } from "../platform/environment.ts";
import { counted, logger, publishedMetrics } from "../platform/observe.ts";
import { configuredOffer, configuredQuotas } from "../providers/configured.ts";
import { createProviderKey } from "../providers/provider-key.ts";
import { priceIn } from "../providers/registry.ts";

const offer = configuredOffer();
const { check } = offer.provider.resultHosts;
const extraHosts = list("PROVIDER_IMAGE_HOSTS");
const [table, now] = [required("TABLE_NAME"), Date.now];
const probeEvery = requiredNumber("PROBE_SECONDS") * 1000;
const pace = { quotaOf: configuredQuotas(offer), burst: requiredNumber("PROVIDER_BURST"), probeEvery };
const timeoutMs = requiredNumber("DOWNLOAD_TIMEOUT_SECONDS") * 1000;
const provider = offer.provider.createClient({
  baseUrl: required("PROVIDER_BASE_URL"),
  readTimeoutMs: requiredNumber("PROVIDER_READ_TIMEOUT_SECONDS") * 1000,
  isResultUrl: (url) => check(url, { extraHosts }).allowed,
});
const dependencies: WorkerDependencies = {
  generations,
  pacerOf: createPacers({ client, table, region: offer.region, ...pace, now, sleep }),
  images,
  answers,
  providerKey: createProviderKey(secrets, required("PROVIDER_KEY_SECRET_ARN"), now),
  submit: provider.submit,
  download: createDownload({ answers, check, extraHosts, directory: tmpdir(), timeoutMs }),
  mark,
  modelOf: offer.modelOf,
  priceOf: (model, size) => priceIn(offer, model, size),
  region: offer.region,
  leaseSeconds: requiredNumber("LEASE_SECONDS"),
  slotWaitMs: requiredNumber("SLOT_WAIT_SECONDS") * 1000,
  liveness: configuredLiveness(),
  now,
  random: Math.random,
  sleep,
  every,
  signal: (name, generation_id) => counted(name, "warn", { generation_id }),
};

/** Works off the queue of turns: the one way to the provider. */
export const handler = middy(receiveTurns({ dependencies, queue: turns }))
  .use(injectLambdaContext(logger))
  .use(publishedMetrics);
