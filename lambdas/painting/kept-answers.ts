import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import type { Submitting } from "../generations/record.ts";
import { pictureAnswerKey } from "../images/bucket.ts";
import type { ObjectAddresses } from "../platform/object-addresses.ts";
import type { RawAnswer } from "../providers/port.ts";
import { type AcceptedAnswer, acceptedAnswer } from "./accepted-answer.ts";

/** A call, by what tells it from any other. */
type Claim = Pick<Submitting, "id" | "claim_id">;

/** What the provider answered, kept in the bucket where the record cannot hold it. */
export interface KeptAnswers {
  /** Keeps an answer that was not understood, for the operator. Gives up after a few seconds. Answers the key. */
  keep(claim: Submitting, raw: RawAnswer): Promise<string>;
  /** Keeps a picture that came inside its answer, and answers the address to fetch it from: `s3://bucket/key`. */
  keepPicture(claim: Submitting, bytes: Uint8Array): Promise<string>;
  /** Keeps an accepted answer beside the table, which refuses it. Gives up after a few seconds. */
  keepAccepted(claim: Claim, answer: AcceptedAnswer): Promise<void>;
  /**
   * The accepted answer that was kept for this claim; null when there is none.
   *
   * @throws what S3 throws: then nothing is known
   */
  accepted(claim: Claim): Promise<AcceptedAnswer | null>;
  /** A presigned address of a kept picture; null for an address that is none of ours. */
  addressOf(sourceUrl: string): Promise<URL | null>;
}

/** Nobody's turn waits longer for a copy that is kept for the operator alone. */
const KEEP_SECONDS = 5;
const ADDRESS_SECONDS = 900;

/** Kept answers over a bucket. */
export function createKeptAnswers(client: S3Client, addresses: ObjectAddresses, bucket: string): KeptAnswers {
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

    async keepAccepted(claim, answer) {
      const put = new PutObjectCommand({
        Bucket: bucket,
        Key: acceptedKey(claim),
        Body: JSON.stringify(answer),
        ContentType: "application/json",
      });
      await client.send(put, { abortSignal: AbortSignal.timeout(KEEP_SECONDS * 1000) });
    },

    async accepted(claim) {
      // The list proves that there is none. A GET of a missing key is answered 403 or 404, by the role's rights.
      const Key = acceptedKey(claim);
      const list = new ListObjectsV2Command({ Bucket: bucket, Prefix: Key, MaxKeys: 1 });
      const { KeyCount = 0 } = await client.send(list);
      if (KeyCount === 0) return null;
      const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key }));
      return acceptedAnswer.parse(JSON.parse((await Body?.transformToString()) ?? ""));
    },

    async addressOf(sourceUrl) {
      if (!sourceUrl.startsWith(ours)) return null;
      const key = sourceUrl.slice(ours.length);
      const { url } = await addresses.sign({ method: "GET", bucket, key, seconds: ADDRESS_SECONDS });
      return new URL(url);
    },
  };
}

function acceptedKey({ id, claim_id }: Claim): string {
  return `answers/${id}-${claim_id}.accepted.json`;
}
