import { GetObjectCommand, PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import * as z from "zod";
import { timestamp } from "../platform/clock.ts";
import { type Batch, type LineFaults, lineFaultsSchema } from "./record.ts";

/** A presigned address of an object, and when it dies. */
interface Address {
  readonly url: string;
  readonly expiresAt: string;
}

/** What is kept of a batch in the bucket. */
export interface BatchResults {
  readonly bucket: string;
  /** Keeps the invalid lines of a part of a batch, which ends at this line; the same again lies over itself. */
  keepInvalid(batch: Batch, position: number, lines: readonly LineFaults[]): Promise<void>;
  /** All invalid lines of a batch, as its record names the parts. */
  invalid(batch: Batch): Promise<LineFaults[]>;
  /** Writes the results of a batch, over those of before where they have changed. Answers the key. */
  put(batch: Batch, jsonLines: string): Promise<string>;
  /** A presigned address of results. */
  address(key: string): Promise<Address>;
}

const ADDRESS_LIFETIME_SECONDS = 3600;

/** The results of batches in a bucket. */
export function createBatchResults(client: S3Client, bucket: string, now: () => number): BatchResults {
  return {
    bucket,
    async keepInvalid(batch, position, lines) {
      const Key = partKey(batch, position);
      const ContentType = "application/json";
      await client.send(
        new PutObjectCommand({ Bucket: bucket, Key, Body: JSON.stringify(lines), ContentType }),
      );
    },

    async invalid(batch) {
      const parts = await Promise.all(
        batch.invalid_parts.map(async (position) => {
          const { Body } = await client.send(
            new GetObjectCommand({ Bucket: bucket, Key: partKey(batch, position) }),
          );
          return z.array(lineFaultsSchema).parse(JSON.parse((await Body?.transformToString()) ?? ""));
        }),
      );
      return parts.flat();
    },

    async put(batch, jsonLines) {
      const Key = `results/${batch.owner}/${batch.id}.jsonl`;
      const ContentType = "application/jsonl";
      await client.send(new PutObjectCommand({ Bucket: bucket, Key, Body: jsonLines, ContentType }));
      return Key;
    },

    async address(key) {
      const url = await getSignedUrl(client, new GetObjectCommand({ Bucket: bucket, Key: key }), {
        expiresIn: ADDRESS_LIFETIME_SECONDS,
      });
      return { url, expiresAt: timestamp(now() + ADDRESS_LIFETIME_SECONDS * 1000) };
    },
  };
}

function partKey({ id, edition }: Batch, position: number): string {
  return `batches/${id}/${edition}/invalid-to-${position}.json`;
}
