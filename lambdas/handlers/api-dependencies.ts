import type { Manifests } from "../batches/manifests.ts";
import type { BatchStore } from "../batches/table.ts";
import type { Purse } from "../budgets/table.ts";
import type { GenerationListing } from "../generations/listing.ts";
import type { GenerationStore } from "../generations/table.ts";
import type { Authentication } from "../http/caller.ts";
import type { RequestLimits } from "../http/request-limits.ts";
import type { ImageStore } from "../images/bucket.ts";
import type { PictureReader } from "../images/reader.ts";
import type { ResendStore } from "../openai/ledger-table.ts";
import type { Pacer } from "../pacing/limiter.ts";
import type { Offer } from "../providers/registry.ts";

/** Something worth counting. */
export type Signal =
  | "GenerationsAccepted"
  | "BatchesAccepted"
  | "ResendsJoined"
  | "RequestsRateLimited"
  | "InternalErrors";

/** Everything the API touches outside itself: the clock and the dice too, so that tests can own them. */
export interface ApiDependencies {
  readonly generations: Pick<GenerationStore, "insert" | "get" | "save" | "inLine">;
  readonly listing: GenerationListing;
  readonly images: Pick<ImageStore, "address" | "remove">;
  readonly pictures: PictureReader;
  readonly resends: ResendStore;
  readonly batches: Pick<BatchStore, "insert" | "get" | "members">;
  readonly manifests: Pick<Manifests, "bucket" | "look">;
  readonly limits: RequestLimits;
  readonly purse: Purse;
  readonly pacerOf: (model: string) => Pick<Pacer, "prospects" | "pace">;
  /** Requests per minute of a model. */
  readonly quotaOf: (model: string) => number;
  /** The secret that list cursors are signed with. */
  readonly cursorKey: () => Promise<Uint8Array>;
  /** What may be asked for: models, sizes, fields, prices. */
  readonly offer: Offer;
  readonly authentication: Authentication;
  readonly corsOrigins: readonly string[];
  readonly requestsPerMinute: number;
  readonly mostOpenGenerations: number;
  /** Longest wait for an ended generation within one request, in seconds. */
  readonly longestWait: number;
  readonly now: () => number;
  readonly random: () => number;
  readonly sleep: (milliseconds: number) => Promise<void>;
  readonly signal: (name: Signal, fields?: Readonly<Record<string, unknown>>) => void;
}
