import type { Queued } from "../generations/record.ts";
import type { GenerationStore } from "../generations/table.ts";
import type { ImageStore } from "../images/bucket.ts";
import type { Download, DownloadedImage } from "../images/download.ts";
import type { MarkedImage } from "../images/mark-file.ts";
import type { Mark } from "../images/marking.ts";
import type { Pacer } from "../pacing/limiter.ts";
import type { ProviderClient } from "../providers/port.ts";
import type { ProviderKey } from "../providers/provider-key.ts";
import type { OfferedModel } from "../providers/registry.ts";
import type { KeptAnswers } from "./kept-answers.ts";

/** Something that people are alarmed about, or want to count. */
export type Signal =
  | "ProviderPaused"
  | "ProviderOutage"
  | "ProviderThrottledLong"
  | "ImageHostUnknown"
  | "ImageRefused"
  | "ImageUnavailable"
  | "OutcomeUnknown"
  | "PoisonMessage"
  | "DeliveryFailed"
  | "GenerationsRequeued";

/** How others notice that a worker has died (lib/timeouts.ts). */
interface Liveness {
  /** How often a worker shows that it lives. */
  readonly heartbeatMs: number;
  /** How long each of these signs hides its message. */
  readonly visibilitySeconds: number;
  /** How long a worker has to answer whether it lives. */
  readonly inquiryMs: number;
}

/** Everything the worker touches outside itself: the clock and the dice too, so that tests can own them. */
export interface WorkerDependencies {
  readonly generations: GenerationStore;
  readonly pacerOf: (model: string) => Pacer;
  readonly images: Pick<ImageStore, "bucket" | "put" | "keepUnverified" | "find" | "remove">;
  readonly providerKey: ProviderKey;
  readonly submit: ProviderClient["submit"];
  readonly answers: Pick<KeptAnswers, "keep" | "keepPicture" | "keepAccepted" | "accepted">;
  readonly download: (sourceUrl: string) => Promise<Download>;
  /** Says in a picture that it was generated, where the environment wants it. */
  readonly mark: (file: DownloadedImage, mark: Mark) => Promise<MarkedImage>;
  /** A model's facts; null for one that is not offered any more. */
  readonly modelOf: (model: string) => OfferedModel | null;
  /** What one picture of a size costs now; null where the model is not offered any more. */
  readonly priceOf: (model: string, size: string) => Queued["price"] | null;
  readonly region: Queued["region"];
  readonly leaseSeconds: number;
  /** How far ahead a slot may be for the worker to wait for it. */
  readonly slotWaitMs: number;
  readonly liveness: Liveness;
  readonly now: () => number;
  readonly random: () => number;
  readonly sleep: (milliseconds: number) => Promise<void>;
  /** Does something again and again, and answers how to stop it: the last time is over then. */
  readonly every: (milliseconds: number, act: () => Promise<void>) => () => Promise<void>;
  readonly signal: (name: Signal, generationId: string) => void;
}

/** What becomes of a message: it is done with, or comes back at a time (epoch milliseconds) and not before. */
export type Disposition = { readonly kind: "done" } | { readonly kind: "back"; readonly at: number };

export const DONE: Disposition = { kind: "done" };

/** The message comes back then. */
export function back(at: number): Disposition {
  return { kind: "back", at };
}
