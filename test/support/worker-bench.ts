import type { Generation, Queued } from "../../lambdas/generations/record.ts";
import type { Download, DownloadedImage } from "../../lambdas/images/download.ts";
import type { Disposition, WorkerDependencies } from "../../lambdas/painting/dependencies.ts";
import { deliver } from "../../lambdas/painting/turn.ts";
import { logger } from "../../lambdas/platform/observe.ts";
import { misconfigured, unavailable } from "../../lambdas/providers/dashscope/error-table.ts";
import type { Accepted, OperatorFault, Rejected, Submission } from "../../lambdas/providers/port.ts";
import type { ProviderKey } from "../../lambdas/providers/provider-key.ts";
import { HOUR, NOON, offer, PRICE, SOURCE_URL } from "./generations.ts";
import {
  type InMemoryAnswers,
  type InMemoryGenerations,
  inMemoryAnswers,
  inMemoryGenerations,
  inMemoryImages,
  inMemoryPacer,
} from "./in-memory-stores.ts";

logger.setLogLevel("SILENT");

const provider = { code: "Code", message: "The provider's words.", requestId: "request-1", status: 400 };
const heard = { provider, retryAfterSeconds: null, sent: true };

export const accepted: Accepted = {
  outcome: "accepted",
  requestId: "request-1",
  sourceUrl: SOURCE_URL,
  sourceUrls: [SOURCE_URL],
  inline: null,
  sourceExpiresAt: new Date(NOON + 24 * HOUR),
  width: 1664,
  height: 928,
};
export const lost: Submission = { outcome: "unknown", detail: "no answer: reset", provider, raw: null };
export const throttled: Rejected = {
  ...heard,
  outcome: "rejected",
  problem: "provider_throttled",
  retry: "throttled",
  fault: "pacing",
};
export const contentRefused: Rejected = {
  ...heard,
  outcome: "rejected",
  problem: "content_rejected",
  retry: "never",
  fault: "content",
};
export const callerRefused: Rejected = {
  ...heard,
  outcome: "rejected",
  problem: "provider_rejected",
  retry: "never",
  fault: "caller",
};
export const failed = (retry: "once" | "twice" | "always"): Rejected => ({ ...unavailable(retry), ...heard });
const notSent: Rejected = { ...unavailable("always"), ...heard, sent: false };
export const operatorFault = (fault: OperatorFault): Rejected => ({ ...misconfigured(fault), ...heard });

export const picture: DownloadedImage = {
  kind: "downloaded",
  path: "/tmp/a.png",
  bytes: 7,
  sha256: "00",
  sha256Base64: "AA==",
  contentType: "image/png",
  width: 1664,
  height: 928,
  discard: async () => {},
};

/** A worker at a bench: its clock stands still until it sleeps, its provider answers as told. */
export interface Bench {
  readonly dependencies: WorkerDependencies;
  readonly generations: InMemoryGenerations;
  readonly images: ReturnType<typeof inMemoryImages>;
  /** Accepted answers beside the table, by the ids of their claims. */
  readonly kept: InMemoryAnswers["kept"];
  readonly pacer: ReturnType<WorkerDependencies["pacerOf"]>;
  readonly asked: string[];
  readonly keys: string[];
  readonly downloaded: string[];
  readonly signals: string[];
  /** What the provider and its storage answer next; then they accept, and deliver. */
  readonly answers: Submission[];
  readonly downloads: Download[];
  now: number;
  put(...generations: Generation[]): void;
  record(generation: { readonly id: string }): Generation;
  deliver(generation: { readonly id: string }): Promise<Disposition>;
}

export function workerBench(changes: Partial<WorkerDependencies> = {}, interval = 30_450, burst = 1): Bench {
  const generations = inMemoryGenerations();
  const now = () => bench.now;
  const images = inMemoryImages(now);
  const pacer = inMemoryPacer({ interval, burst }, now);
  const providerKey: ProviderKey = { get: async () => "first-key", replaces: async () => false };
  const kept = inMemoryAnswers();
  const asIsNext: WorkerDependencies["submit"] = async ({ prompt }, apiKey) => {
    bench.asked.push(prompt);
    bench.keys.push(apiKey);
    return bench.answers.shift() ?? accepted;
  };
  const answer = changes.submit ?? asIsNext;
  const bench: Bench = {
    generations,
    images,
    kept: kept.kept,
    pacer,
    asked: [],
    keys: [],
    downloaded: [],
    signals: [],
    answers: [],
    downloads: [],
    now: NOON,
    dependencies: {
      generations,
      pacerOf: () => pacer,
      images,
      providerKey,
      answers: kept,
      mark: async (file, { createdAt }) => ({
        ...file,
        sha256: `${file.sha256}, marked at ${createdAt}`,
        marked: ["iptc"],
        sourceSha256: file.sha256,
        warning: null,
      }),
      liveness: { heartbeatMs: 15_000, visibilitySeconds: 45, inquiryMs: 25_000 },
      every: () => async () => {},
      download: async (sourceUrl) => {
        bench.downloaded.push(sourceUrl);
        return bench.downloads.shift() ?? picture;
      },
      priceOf: (): Queued["price"] => PRICE,
      modelOf: offer.modelOf,
      region: offer.region,
      leaseSeconds: 330,
      slotWaitMs: 10_000,
      now,
      random: () => 0,
      sleep: async (milliseconds) => {
        bench.now += milliseconds;
      },
      signal: (name) => {
        bench.signals.push(name);
      },
      ...changes,
      // Whatever the provider answers, a call leaves at its slot.
      submit: async (request, apiKey, departure) =>
        (await departure()) ? answer(request, apiKey, departure) : notSent,
    },
    put(...all) {
      for (const generation of all) generations.put(generation);
    },
    record({ id }) {
      const found = generations.records.get(id);
      if (found === undefined) throw new Error("no such generation");
      return found;
    },
    deliver: ({ id }) => deliver(id, bench.dependencies),
  };
  return bench;
}
