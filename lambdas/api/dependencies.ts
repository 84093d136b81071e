import type { Region } from "../dashscope/models.ts";
import type { Pace } from "../generation/pace.ts";
import type { BatchStore } from "../store/batches.ts";
import type { Purse } from "../store/budget.ts";
import type { GenerationStore } from "../store/generations.ts";
import type { ImageStore } from "../store/images.ts";
import type { GenerationListing } from "../store/listing.ts";
import type { Manifests } from "../store/manifests.ts";
import type { Pacer } from "../store/pacer.ts";
import type { PictureReader } from "../store/picture-reader.ts";
import type { RequestLimits } from "../store/request-limits.ts";
import type { ResendStore } from "../store/resends.ts";
import type { Authentication } from "./caller.ts";

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
  readonly pacerOf: (model: string) => Pick<Pacer, "prospects">;
  readonly pace: Pace;
  /** The secret that list cursors are signed with. */
  readonly cursorKey: () => Promise<Uint8Array>;
  readonly region: Region;
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
