import { GetObjectCommand, PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import type { Submitting } from "../generations/record.ts";
import { pictureAnswerKey } from "../images/bucket.ts";
import type { RawAnswer } from "../providers/port.ts";

/** What the provider answered, kept in the bucket where the record cannot hold it. */
export interface KeptAnswers {
  /** Keeps an answer that was not understood, for the operator. Gives up after a few seconds. Answers the key. */
  keep(claim: Submitting, raw: RawAnswer): Promise<string>;
  /** Keeps a picture that came inside its answer, and answers the address to fetch it from: `s3://bucket/key`. */
  keepPicture(claim: Submitting, bytes: Uint8Array): Promise<string>;
  /** A presigned address of a kept picture; null for an address that is none of ours. */
  addressOf(sourceUrl: string): Promise<URL | null>;
}

/** Nobody's turn waits longer for a copy that is kept for the operator alone. */
const KEEP_SECONDS = 5;
const ADDRESS_SECONDS = 900;

/** Kept answers over a bucket. */
export function createKeptAnswers(client: S3Client, bucket: string): KeptAnswers {
  const ours = `s3://${bucket}/`;
  return {
    async keep({ id, claim_id }, raw) {
      const key = `answers/${id}-${claim_id}.json`;
      const { body, receivedBytes, complete, ...head } = raw;
      const kept = {
        ...head,
        received_bytes: receivedBytes,
        complete,
        body_base64: Buffer.from(body).toString("base64"),
      };
      const put = new PutObjectCommand({
        Bucket: bucket,
        Key: key,
        Body: JSON.stringify(kept),
        ContentType: "application/json",
      });
      await client.send(put, { abortSignal: AbortSignal.timeout(KEEP_SECONDS * 1000) });
      return key;
    },

    async keepPicture({ id }, bytes) {
      const key = pictureAnswerKey(id);
      await client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: bytes }));
      return ours + key;
    },

    async addressOf(sourceUrl) {
      if (!sourceUrl.startsWith(ours)) return null;
      const command = new GetObjectCommand({ Bucket: bucket, Key: sourceUrl.slice(ours.length) });
      return new URL(await getSignedUrl(client, command, { expiresIn: ADDRESS_SECONDS }));
    },
  };
}
