import { createReadStream } from "node:fs";
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  type HeadObjectCommandOutput,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import { timestamp } from "../platform/clock.ts";
import type { ImagePlace } from "./addresses.ts";
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

/** A verified picture on the disk of this function, and the marks that this service has written into it. */
interface ImageFile extends StorableFile {
  readonly contentType: ImageType;
  readonly marked: readonly string[];
  /** Of what came from the provider, hex. */
  readonly sourceSha256: string;
  readonly width: number;
  readonly height: number;
}

/** A stored picture, as the bucket describes it. */
export interface FoundImage extends ImagePlace {
  readonly content_type: ImageType;
  readonly width: number;
  readonly height: number;
  readonly bytes: number;
  /** Hex. */
  readonly sha256: string;
  readonly marked: string[];
  readonly source_sha256: string | null;
}

/** The bucket of finished pictures. */
export interface ImageStore {
  readonly bucket: string;
  /**
   * Stores a picture under the generation's key, with the hash of the request that it was painted for; S3 itself
   * checks the bytes. Answers the key.
   */
  put(id: string, file: ImageFile, requestHash: string): Promise<string>;
  /**
   * The picture that lies under a generation's key; null when there is none, or one of another request: an id is free
   * again when its record has expired. `createdAt` (RFC 3339) serves pictures that do not tell their request.
   *
   * @throws what S3 throws, after a few seconds at most
   */
  find(id: string, of: { requestHash: string; createdAt: string }): Promise<FoundImage | null>;
  /**
   * Keeps bytes that are no picture we accept, for a person to look at: outside of what callers can reach. The same
   * bytes lie under the same key, however often they are kept. Answers the key.
   */
  keepUnverified(id: string, file: StorableFile): Promise<string>;
  /** The whole picture. */
  bytes(image: ImagePlace): Promise<Uint8Array>;
  /** Removes the picture of a generation; nothing to remove is no error. */
  remove(id: string): Promise<void>;
}

/** A call waits no longer for this: without an answer nothing is bought. */
const FIND_SECONDS = 5;

/** The key of a generation's picture. */
function imageKey(id: string, type: ImageType): string {
  return `generations/${id}.${EXTENSIONS[type]}`;
}

/** What a stored picture says of itself without being opened; a table restored from a backup is mended from it. */
export function imageMetadata(
  id: string,
  {
    width,
    height,
    sha256,
    marked,
    sourceSha256,
  }: Omit<ImageFile, "path" | "contentType" | "bytes" | "sha256Base64">,
  requestHash: string,
): Record<string, string> {
  return {
    "generation-id": id,
    "digital-source-type": DIGITAL_SOURCE_TYPE,
    marked: marked.join(" "),
    "source-sha256": sourceSha256,
    width: String(width),
    height: String(height),
    sha256,
    "request-hash": requestHash,
  };
}

function describe(
  place: ImagePlace,
  { Metadata = {}, ContentLength = 0, ChecksumSHA256 = "", LastModified }: HeadObjectCommandOutput,
  of: { requestHash: string; createdAt: string },
): FoundImage | null {
  const requestHash = Metadata["request-hash"];
  const isIts =
    requestHash === undefined
      ? LastModified !== undefined && timestamp(LastModified.getTime()) >= of.createdAt
      : requestHash === of.requestHash;
  const content_type = IMAGE_TYPES.find((type) => place.key.endsWith(`.${EXTENSIONS[type]}`));
  if (!isIts || content_type === undefined) return null;
  return {
    ...place,
    content_type,
    width: Number(Metadata["width"] ?? 0),
    height: Number(Metadata["height"] ?? 0),
    bytes: ContentLength,
    sha256: Metadata["sha256"] ?? Buffer.from(ChecksumSHA256, "base64").toString("hex"),
    marked: (Metadata["marked"] ?? "").split(" ").filter(Boolean),
    source_sha256: Metadata["source-sha256"] ?? null,
  };
}

/** The key of a picture that came inside the provider's answer, until it is checked and stored. */
export function pictureAnswerKey(id: string): string {
  return `answers/${id}.picture`;
}

/** The image store over a bucket. */
export function createImageStore(client: S3Client, bucket: string): ImageStore {
  return {
    bucket,
    async put(id, file, requestHash) {
      const key = imageKey(id, file.contentType);
      await client.send(
        new PutObjectCommand({
          Bucket: bucket,
          Key: key,
          Body: createReadStream(file.path),
          ContentLength: file.bytes,
          ContentType: file.contentType,
          ChecksumSHA256: file.sha256Base64,
          CacheControl: "private, max-age=31536000, immutable",
          Metadata: imageMetadata(id, file, requestHash),
        }),
      );
      return key;
    },

    async find(id, of) {
      const limit = { abortSignal: AbortSignal.timeout(FIND_SECONDS * 1000) };
      // The list proves that there is none, and knows every kind. A HEAD of a missing key may be answered 403.
      const list = new ListObjectsV2Command({ Bucket: bucket, Prefix: `generations/${id}.`, MaxKeys: 1 });
      const { Contents = [] } = await client.send(list, limit);
      const key = Contents[0]?.Key;
      if (key === undefined) return null;
      const head = await client.send(
        new HeadObjectCommand({ Bucket: bucket, Key: key, ChecksumMode: "ENABLED" }),
        limit,
      );
      return describe({ bucket, key }, head, of);
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

    async bytes({ bucket, key }) {
      const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
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
