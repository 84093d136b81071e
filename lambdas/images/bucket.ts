import { createReadStream } from "node:fs";
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { timestamp } from "../platform/clock.ts";
import { EXTENSIONS, IMAGE_TYPES, type ImageType } from "./image-type.ts";
import { DIGITAL_SOURCE_TYPE } from "./marking.ts";

/** Bytes on the disk of this function. */
interface StorableFile {
  readonly path: string;
  readonly bytes: number;
  /** Hex. */
  readonly sha256: string;
  readonly sha256Base64: string;
}

/** A verified picture on the disk of this function. */
interface ImageFile extends StorableFile {
  readonly contentType: ImageType;
}

/** Where a picture is stored. */
interface Place {
  readonly bucket: string;
  readonly key: string;
}

/** A presigned address of an image, and when it dies. */
export interface ImageAddress {
  readonly url: string;
  readonly expiresAt: string;
}

/** The bucket of finished pictures. */
export interface ImageStore {
  readonly bucket: string;
  /** Stores a picture under the generation's key; S3 itself checks the hash. Answers the key. */
  put(id: string, file: ImageFile, signal?: AbortSignal): Promise<string>;
  /**
   * Keeps bytes that are no picture we accept, for a person to look at: outside of what callers can reach. The same
   * bytes lie under the same key, however often they are kept. Answers the key.
   */
  keepUnverified(id: string, file: StorableFile): Promise<string>;
  /** A presigned address of a stored picture. */
  address(image: Place): Promise<ImageAddress>;
  /** The same for HEAD: a signature holds for one method. */
  headAddress(image: Place): Promise<string>;
  /** The whole picture. */
  bytes(image: Place): Promise<Uint8Array>;
  /** Removes the picture of a generation; nothing to remove is no error. */
  remove(id: string): Promise<void>;
}

const ADDRESS_LIFETIME_SECONDS = 3600;

/** The key of a generation's picture. */
function imageKey(id: string, type: ImageType): string {
  return `generations/${id}.${EXTENSIONS[type]}`;
}

function nameOf({ bucket, key }: Place) {
  return { Bucket: bucket, Key: key };
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
      const key = imageKey(id, file.contentType);
      await client.send(
        new PutObjectCommand({
          Bucket: bucket,
          Key: key,
          Body: createReadStream(file.path),
          ContentLength: file.bytes,
          ContentType: file.contentType,
          ChecksumSHA256: file.sha256Base64,
          // What the picture says of itself is told without opening it.
          Metadata: { "digital-source-type": DIGITAL_SOURCE_TYPE, "generation-id": id },
          CacheControl: "private, max-age=31536000, immutable",
        }),
        signal === undefined ? {} : { abortSignal: signal },
      );
      return key;
    },

    async keepUnverified(id, file) {
      const key = `unverified/${id}-${file.sha256.slice(0, 16)}`;
      await client.send(
        new PutObjectCommand({
          Bucket: bucket,
          Key: key,
          Body: createReadStream(file.path),
          ContentLength: file.bytes,
          ContentType: "application/octet-stream",
          ChecksumSHA256: file.sha256Base64,
        }),
      );
      return key;
    },

    async address(image) {
      const url = await getSignedUrl(client, new GetObjectCommand(nameOf(image)), {
        expiresIn: ADDRESS_LIFETIME_SECONDS,
      });
      return { url, expiresAt: timestamp(now() + ADDRESS_LIFETIME_SECONDS * 1000) };
    },

    headAddress: (image) =>
      getSignedUrl(client, new HeadObjectCommand(nameOf(image)), { expiresIn: ADDRESS_LIFETIME_SECONDS }),

    async bytes(image) {
      const { Body } = await client.send(new GetObjectCommand(nameOf(image)));
      if (Body === undefined) throw new Error("S3 answered without a body");
      return Body.transformToByteArray();
    },

    async remove(id) {
      // A tombstone does not say what kind its picture was.
      const keys = [...IMAGE_TYPES.map((type) => imageKey(id, type)), pictureAnswerKey(id)];
      await Promise.all(keys.map((Key) => client.send(new DeleteObjectCommand({ Bucket: bucket, Key }))));
    },
  };
}
