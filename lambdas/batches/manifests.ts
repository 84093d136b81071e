import {
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  type S3Client,
  S3ServiceException,
} from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { timestamp } from "../platform/clock.ts";
import { randomName } from "../platform/ids.ts";

/** The manifests that owners have put into the service's bucket. */
export interface Manifests {
  readonly bucket: string;
  /** Size and entity tag of a manifest; null where there is none that we may read. */
  look(key: string): Promise<{ readonly bytes: number; readonly etag: string } | null>;
  /** A manifest as it was when it had this tag; null where it is gone or another by now. */
  read(key: string, etag: string): Promise<Uint8Array | null>;
}

const PREFIX = "manifests/";
/** Not there, not allowed (which S3 also says of what is not there), not the same any more. */
const NOT_TO_BE_HAD: readonly (number | undefined)[] = [403, 404, 412];

/** Where an owner's manifests are: one owner can't name another's. */
export function manifestFolder(owner: string): string {
  return `${PREFIX}${owner}/`;
}

/** A place for a manifest: PUT to the address stores it under the key. */
export interface ManifestPlace {
  readonly bucket: string;
  readonly key: string;
  readonly url: string;
  readonly expiresAt: string;
}

/** Hands out places for manifests. */
export interface ManifestUploads {
  /** A new place below the owner's folder. Its address takes exactly so many bytes, as its signature covers them. */
  place(owner: string, bytes: number): Promise<ManifestPlace>;
}

const UPLOAD_SECONDS = 900;

/** Places in a bucket. The client must sign no checksum of a body that it does not have. */
export function createManifestUploads(client: S3Client, bucket: string, now: () => number): ManifestUploads {
  return {
    async place(owner, bytes) {
      const key = `${manifestFolder(owner)}${randomName()}`;
      const url = await getSignedUrl(
        client,
        new PutObjectCommand({ Bucket: bucket, Key: key, ContentLength: bytes }),
        { expiresIn: UPLOAD_SECONDS },
      );
      return { bucket, key, url, expiresAt: timestamp(now() + UPLOAD_SECONDS * 1000) };
    },
  };
}

/** The manifests in a bucket. */
export function createManifests(client: S3Client, bucket: string): Manifests {
  return {
    bucket,
    look: (key) =>
      unlessMissing(async () => {
        const { ContentLength, ETag } = await client.send(
          new HeadObjectCommand({ Bucket: bucket, Key: key }),
        );
        return { bytes: ContentLength ?? 0, etag: ETag ?? "" };
      }),
    read: (key, etag) =>
      unlessMissing(async () => {
        const { Body, ETag } = await client.send(
          new GetObjectCommand({ Bucket: bucket, Key: key, IfMatch: etag }),
        );
        return ETag === etag && Body !== undefined ? Body.transformToByteArray() : null;
      }),
  };
}

async function unlessMissing<Found>(read: () => Promise<Found | null>): Promise<Found | null> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof S3ServiceException && NOT_TO_BE_HAD.includes(error.$metadata.httpStatusCode))
      return null;
    throw error;
  }
}
