import { GetObjectCommand, HeadObjectCommand, type S3Client, S3ServiceException } from "@aws-sdk/client-s3";

/** The manifests that owners have put into the service's bucket. */
export interface Manifests {
  readonly bucket: string;
  /** Size and entity tag of a manifest; null where there is none that we may read. */
  look(key: string): Promise<{ readonly bytes: number; readonly etag: string } | null>;
  /** A manifest as it was when it had this tag; null where it is gone or another by now. */
  read(key: string, etag: string): Promise<Uint8Array | null>;
}

/** Not there, not allowed (which S3 also says of what is not there), not the same any more. */
const NOT_TO_BE_HAD: readonly (number | undefined)[] = [403, 404, 412];

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
