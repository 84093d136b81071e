import type { Pacer } from "../../../lambdas/pacing/limiter.ts";
import type { WorkerDependencies } from "../../../lambdas/painting/dependencies.ts";
import type { ProviderKey } from "../../../lambdas/providers/provider-key.ts";
import { offer } from "../generations.ts";
import type { Bucket } from "./bucket.ts";
import type { Chronicle } from "./chronicle.ts";
import { LEASE_SECONDS, LIVENESS, SLOT_WAIT_MS } from "./deployment.ts";
import type { ImageHost } from "./image-host.ts";
import { jobOfPrompt, type Naming } from "./naming.ts";
import type { Process, Processes } from "./processes.ts";
import type { Provider } from "./provider.ts";
import type { Table } from "./table.ts";
import type { Timeline } from "./timeline.ts";

interface Surroundings {
  readonly timeline: Timeline;
  readonly chronicle: Chronicle;
  readonly naming: Naming;
  readonly processes: Processes;
  readonly random: () => number;
  readonly table: Table;
  readonly bucket: Bucket;
  readonly provider: Provider;
  readonly imageHost: ImageHost;
  readonly pacer: Pacer;
}

/** Everything that the real worker touches outside itself, as one process of it has it. */
export function workerDependencies(
  process: Process,
  providerKey: ProviderKey,
  surroundings: Surroundings,
): WorkerDependencies {
  const { timeline, chronicle, naming, processes, random } = surroundings;
  const { table, bucket, provider, imageHost, pacer } = surroundings;
  return {
    generations: table.storeOf(process),
    pacerOf: () => pacer,
    images: bucket.imagesOf(process),
    providerKey,
    submit: ({ prompt }, apiKey, departure) =>
      provider.submit(process, jobOfPrompt(prompt), apiKey, departure),
    answers: bucket.answersOf(process),
    mark: async (file) => ({ ...file, marked: [], sourceSha256: file.sha256, warning: null }),
    download: (sourceUrl) => imageHost.download(process, sourceUrl),
    priceOf: () => ({ amount: "0.075", currency: "USD" }),
    modelOf: offer.modelOf,
    region: offer.region,
    leaseSeconds: LEASE_SECONDS,
    slotWaitMs: SLOT_WAIT_MS,
    now: timeline.now,
    random,
    liveness: LIVENESS,
    every: (milliseconds, act) => timeline.every(milliseconds, () => process.alive, act),
    sleep: (milliseconds) => processes.call(process, "sleep", () => {}, milliseconds),
    signal: (name, id) => chronicle.signal(process.name, name, naming.nameOf(id)),
  };
}
