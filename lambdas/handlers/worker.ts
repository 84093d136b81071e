import { tmpdir } from "node:os";
import { injectLambdaContext } from "@aws-lambda-powertools/logger/middleware";
import middy from "@middy/core";
import { generations } from "../generations/configured.ts";
import { images } from "../images/configured.ts";
import { downloadImage } from "../images/download.ts";
import { markFile } from "../images/mark-file.ts";
import { createPacers } from "../pacing/pacers.ts";
import { turns } from "../painting/configured.ts";
import type { WorkerDependencies } from "../painting/dependencies.ts";
import { createKeptAnswers } from "../painting/kept-answers.ts";
import { receiveTurns } from "../painting/receive-turns.ts";
import { documents as client, objects, secrets } from "../platform/clients.ts";
import { every, sleep } from "../platform/clock.ts";
import { list, required, requiredNumber } from "../platform/environment.ts";
import { counted, logger, publishedMetrics } from "../platform/observe.ts";
import { configuredOffer, configuredQuotas } from "../providers/configured.ts";
import { createProviderKey } from "../providers/provider-key.ts";
import { priceIn } from "../providers/registry.ts";

const table = required("TABLE_NAME");
const offer = configuredOffer();
const extraHosts = list("PROVIDER_IMAGE_HOSTS");
const now = Date.now;
const marking = required("MARKING") === "none" ? "none" : "iptc";
const answers = createKeptAnswers(objects, required("BUCKET_NAME"));
const check = (url: string) => offer.provider.resultHosts.check(url, { extraHosts });
const provider = offer.provider.createClient({
  baseUrl: required("PROVIDER_BASE_URL"),
  readTimeoutMs: requiredNumber("PROVIDER_READ_TIMEOUT_SECONDS") * 1000,
  isResultUrl: (url) => check(url).allowed,
});
const download = {
  directory: tmpdir(),
  check,
  timeoutMs: requiredNumber("DOWNLOAD_TIMEOUT_SECONDS") * 1000,
};
const dependencies: WorkerDependencies = {
  generations,
  pacerOf: createPacers({
    client,
    table,
    region: offer.region,
    quotaOf: configuredQuotas(offer),
    burst: requiredNumber("PROVIDER_BURST"),
    probeEvery: requiredNumber("PROBE_SECONDS") * 1000,
    now,
    sleep,
  }),
  images,
  answers,
  providerKey: createProviderKey(secrets, required("PROVIDER_KEY_SECRET_ARN"), now),
  submit: provider.submit,
  async download(sourceUrl) {
    const kept = await answers.addressOf(sourceUrl);
    if (kept === null) return downloadImage(sourceUrl, download);
    const inBucket = (url: string) => offer.provider.resultHosts.check(url, { extraHosts: [kept.host] });
    return downloadImage(kept.href, { ...download, check: inBucket });
  },
  mark: (file, mark) => markFile(file, marking, mark),
  modelOf: offer.modelOf,
  priceOf: (model, size) => priceIn(offer, model, size),
  region: offer.region,
  leaseSeconds: requiredNumber("LEASE_SECONDS"),
  slotWaitMs: requiredNumber("SLOT_WAIT_SECONDS") * 1000,
  liveness: {
    heartbeatMs: requiredNumber("HEARTBEAT_SECONDS") * 1000,
    visibilitySeconds: requiredNumber("WORK_VISIBILITY_SECONDS"),
    inquiryMs: requiredNumber("INQUIRY_SECONDS") * 1000,
  },
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
