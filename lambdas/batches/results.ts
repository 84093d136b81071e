import { GetObjectCommand, PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import * as z from "zod";
import { type Batch, type LineFaults, lineFaultsSchema } from "./record.ts";

/** What is kept of a batch in the bucket. */
export interface BatchResults {
  /** Keeps the invalid lines of a part of a batch, which ends at this line; the same again lies over itself. */
  keepInvalid(batch: Batch, position: number, lines: readonly LineFaults[]): Promise<void>;
  /** All invalid lines of a batch, as its record names the parts. */
  invalid(batch: Batch): Promise<LineFaults[]>;
  /** Writes the results of a batch, over those of before where they have changed. Answers the key. */
  put(batch: Batch, jsonLines: string): Promise<string>;
}

/** The results of batches in a bucket. */
export function createBatchResults(client: S3Client, bucket: string): BatchResults {
  return {
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
  };
}

function partKey({ id, edition }: Batch, position: number): string {
  return `batches/${id}/${edition}/invalid-to-${position}.json`;
}
