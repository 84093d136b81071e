import { GetObjectCommand, HeadObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import type { StoredImage } from "../generations/record.ts";

const ADDRESS_LIFETIME_SECONDS = 3600;

/** Ways to a stored picture besides its presigned address. */
export interface PictureReader {
  /** The whole picture. */
  bytes(image: StoredImage): Promise<Uint8Array>;
  /** A presigned address for HEAD: a signature holds for one method. */
  headAddress(image: StoredImage): Promise<string>;
}

/** The pictures in the bucket. */
export function createPictureReader(client: S3Client): PictureReader {
  return {
    async bytes({ bucket, key }) {
      const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
      if (Body === undefined) throw new Error("S3 answered without a body");
      return Body.transformToByteArray();
    },
    headAddress: ({ bucket, key }) =>
      getSignedUrl(client, new HeadObjectCommand({ Bucket: bucket, Key: key }), {
        expiresIn: ADDRESS_LIFETIME_SECONDS,
      }),
  };
}
