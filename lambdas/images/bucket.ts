import { createReadStream } from "node:fs";
import { DeleteObjectCommand, GetObjectCommand, PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import type { ImageAddress } from "../generations/view.ts";

/** A verified picture on the disk of this function. */
interface ImageFile {
  readonly path: string;
  readonly bytes: number;
  readonly sha256Base64: string;
}

/** The bucket of finished pictures. */
export interface ImageStore {
  readonly bucket: string;
  /** Stores a picture under the generation's key; S3 itself checks the hash. Answers the key. */
  put(id: string, file: ImageFile, signal?: AbortSignal): Promise<string>;
  /** A presigned address of a stored picture. */
  address(image: { bucket: string; key: string }): Promise<ImageAddress>;
  /** Removes the picture of a generation; nothing to remove is no error. */
  remove(id: string): Promise<void>;
}

const ADDRESS_LIFETIME_SECONDS = 3600;

/** The key of a generation's picture. */
function imageKey(id: string): string {
  return `generations/${id}.png`;
}

/** The key of a picture that came inside the provider's answer, until it is checked and stored. */
export function pictureAnswerKey(id: string): string {
  return `answers/${id}.picture`;
}

/** The image store over a bucket. */
export function createImageStore(client: S3Client, bucket: string, now: () => number): ImageStore {
  return {
    bucket,
    async put(id, file, signal) {
      const key = imageKey(id);
      await client.send(
        new PutObjectCommand({
          Bucket: bucket,
          Key: key,
          Body: createReadStream(file.path),
          ContentLength: file.bytes,
          ContentType: "image/png",
          ChecksumSHA256: file.sha256Base64,
          CacheControl: "private, max-age=31536000, immutable",
        }),
        signal === undefined ? {} : { abortSignal: signal },
      );
      return key;
    },

    async address({ bucket: from, key }) {
      const url = await getSignedUrl(client, new GetObjectCommand({ Bucket: from, Key: key }), {
        expiresIn: ADDRESS_LIFETIME_SECONDS,
      });
      return { url, expiresAt: new Date(now() + ADDRESS_LIFETIME_SECONDS * 1000).toISOString() };
    },

    async remove(id) {
      for (const key of [imageKey(id), pictureAnswerKey(id)])
        await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }));
    },
  };
}
