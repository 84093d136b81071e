import type { Queued } from "../generations/record.ts";
import type { GenerationStore } from "../generations/table.ts";
import type { ImageStore } from "../images/bucket.ts";
import type { Download } from "../images/download.ts";
import type { Pacer } from "../pacing/limiter.ts";
import type { PaintRequest, Submission } from "../providers/port.ts";
import type { ProviderKey } from "../providers/provider-key.ts";
import type { OfferedModel } from "../providers/registry.ts";
import type { KeptAnswers } from "./kept-answers.ts";

/** Something that people are alarmed about, or want to count. */
export type Signal =
  | "ProviderPaused"
  | "ImageHostUnknown"
  | "ImageRefused"
  | "ImageUnavailable"
  | "OutcomeUnknown"
  | "PoisonMessage"
  | "GenerationsRequeued";

/** Everything the worker touches outside itself: the clock and the dice too, so that tests can own them. */
export interface WorkerDependencies {
  readonly generations: GenerationStore;
  readonly pacerOf: (model: string) => Pacer;
  readonly images: Pick<ImageStore, "bucket" | "put" | "keepUnverified" | "remove">;
  readonly providerKey: ProviderKey;
  readonly submit: (request: PaintRequest, apiKey: string) => Promise<Submission>;
  readonly answers: Pick<KeptAnswers, "keep" | "keepPicture">;
  readonly download: (sourceUrl: string) => Promise<Download>;
  /** A model's facts; null for one that is not offered any more. */
  readonly modelOf: (model: string) => OfferedModel | null;
  /** What one picture of a size costs now; null where the model is not offered any more. */
  readonly priceOf: (model: string, size: string) => Queued["price"] | null;
  readonly region: Queued["region"];
  readonly leaseSeconds: number;
  /** How far ahead a slot may be for the worker to wait for it. */
  readonly slotWaitMs: number;
  readonly now: () => number;
  readonly random: () => number;
  readonly sleep: (milliseconds: number) => Promise<void>;
  readonly signal: (name: Signal, generationId: string) => void;
}

/** What becomes of a message: it is done with, or comes back at a time (epoch milliseconds) and not before. */
export type Disposition = { readonly kind: "done" } | { readonly kind: "back"; readonly at: number };

export const DONE: Disposition = { kind: "done" };

/** The message comes back then. */
export function back(at: number): Disposition {
  return { kind: "back", at };
}
