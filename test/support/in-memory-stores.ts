import type { ResultAddresses } from "../../lambdas/batches/addresses.ts";
import type { Batch } from "../../lambdas/batches/record.ts";
import type { BatchResults } from "../../lambdas/batches/results.ts";
import { fromItem, idOf, keyOf, toItem } from "../../lambdas/generations/item.ts";
import type { Generation } from "../../lambdas/generations/record.ts";
import { createGenerationStore, type GenerationStore } from "../../lambdas/generations/table.ts";
import type { ImageAddresses } from "../../lambdas/images/addresses.ts";
import type { FoundImage, ImageStore } from "../../lambdas/images/bucket.ts";
import { EXTENSIONS } from "../../lambdas/images/image-type.ts";
import { createPacer, type Pacer } from "../../lambdas/pacing/limiter.ts";
import type { Pace } from "../../lambdas/pacing/pace.ts";
import type { AcceptedAnswer } from "../../lambdas/painting/accepted-answer.ts";
import type { KeptAnswers } from "../../lambdas/painting/kept-answers.ts";
import { timestamp } from "../../lambdas/platform/clock.ts";
import { type InMemoryTable, inMemoryTable } from "./in-memory-table.ts";

/** The real store of generations over a table in memory. */
export interface InMemoryGenerations extends GenerationStore {
  /** Every record as it is now: a copy. */
  readonly records: ReadonlyMap<string, Generation>;
  readonly table: InMemoryTable;
  /** Puts a record there as it is, whatever was there before. */
  readonly put: (generation: Generation) => void;
  /** Makes a record unreadable. */
  readonly corrupt: (id: string) => void;
}

const RETENTION_DAYS = 30;

export function inMemoryGenerations(): InMemoryGenerations {
  const table = inMemoryTable();
  return {
    ...createGenerationStore(table.client, "table", RETENTION_DAYS),
    table,
    get records() {
      const generations = [...table.items.values()]
        .filter(({ pk }) => idOf(pk) !== null)
        .map((item) => fromItem(item));
      return new Map(generations.map((generation) => [generation.id, generation]));
    },
    put(generation) {
      table.items.set(keyOf(generation.id).pk, structuredClone(toItem(generation, RETENTION_DAYS)));
    },
    corrupt(id) {
      const { pk } = keyOf(id);
      table.items.set(pk, { ...table.items.get(pk), owner: 7 });
    },
  };
}

/** The real pacer over one item in memory. */
export function inMemoryPacer(pace: Pace, now: () => number): Pacer {
  return createPacer({
    client: inMemoryTable().client,
    table: "table",
    region: "sg",
    model: "qwen-image-max",
    pace,
    now,
    sleep: async () => {},
  });
}

/** The bucket in memory: hashes by key. */
export interface InMemoryImages extends ImageStore, ImageAddresses {
  readonly stored: Map<string, string>;
}

export function inMemoryImages(now: () => number): InMemoryImages {
  const stored = new Map<string, string>();
  const found = new Map<string, FoundImage & { requestHash: string }>();
  return {
    stored,
    bucket: "bucket",
    async put(id, file, requestHash) {
      const { contentType: content_type, width, height, bytes, sha256, sha256Base64 } = file;
      const key = `generations/${id}.${EXTENSIONS[content_type]}`;
      stored.set(key, sha256Base64);
      const provenance = { marked: [...file.marked], source_sha256: file.sourceSha256 };
      const image = { bucket: "bucket", key, content_type, width, height, bytes, sha256, ...provenance };
      found.set(id, { ...image, requestHash });
      return key;
    },
    async find(id, { requestHash }) {
      const picture = found.get(id);
      if (picture?.requestHash !== requestHash || !stored.has(picture.key)) return null;
      const { requestHash: _, ...image } = picture;
      return image;
    },
    async keepUnverified(id, file) {
      const key = `unverified/${id}-${file.sha256}`;
      stored.set(key, file.sha256Base64);
      return key;
    },
    async address({ bucket, key }) {
      return { url: `https://${bucket}.example/${key}?signed`, expiresAt: timestamp(now() + 3_600_000) };
    },
    headAddress: async ({ bucket, key }) => `https://${bucket}.example/${key}?signed-for-head`,
    bytes: async () => new Uint8Array([137, 80, 78, 71]),
    async remove(id) {
      for (const extension of Object.values(EXTENSIONS)) stored.delete(`generations/${id}.${extension}`);
    },
  };
}

/** The bucket of kept answers in memory. */
export interface InMemoryAnswers
  extends Pick<KeptAnswers, "keep" | "keepPicture" | "keepAccepted" | "accepted"> {
  /** Accepted answers, by the ids of their claims. */
  readonly kept: Map<string, AcceptedAnswer>;
}

export function inMemoryAnswers(): InMemoryAnswers {
  const kept = new Map<string, AcceptedAnswer>();
  return {
    kept,
    keep: async ({ id, claim_id }) => `answers/${id}-${claim_id}.json`,
    keepPicture: async ({ id }) => `s3://bucket/answers/${id}.picture`,
    async keepAccepted({ claim_id }, answer) {
      kept.set(claim_id, answer);
    },
    accepted: async ({ claim_id }) => kept.get(claim_id) ?? null,
  };
}

/** The results of batches in memory. */
export interface InMemoryResults extends BatchResults, ResultAddresses {
  /** Texts by their keys. */
  readonly stored: Map<string, string>;
}

export function inMemoryResults(): InMemoryResults {
  const stored = new Map<string, string>();
  const partKey = ({ id, edition }: Batch, position: number) => `batches/${id}/${edition}/${position}`;
  return {
    stored,
    bucket: "bucket",
    async keepInvalid(batch, position, lines) {
      stored.set(partKey(batch, position), JSON.stringify(lines));
    },
    invalid: async (batch) =>
      batch.invalid_parts.flatMap((position) => JSON.parse(stored.get(partKey(batch, position)) ?? "")),
    async put({ owner, id }, jsonLines) {
      const key = `results/${owner}/${id}.jsonl`;
      stored.set(key, jsonLines);
      return key;
    },
    address: async (key) => ({ url: `https://bucket.example/${key}`, expiresAt: "2026-11-22T13:00:00.000Z" }),
  };
}
