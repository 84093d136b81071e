import type { ObjectAddress, ObjectAddresses } from "../platform/object-addresses.ts";

/** Where a picture is stored. */
export interface ImagePlace {
  readonly bucket: string;
  readonly key: string;
}

/** Presigned addresses of stored pictures. */
export interface ImageAddresses {
  /** The bucket that new pictures go to. */
  readonly bucket: string;
  /** A presigned address of a stored picture. */
  address(image: ImagePlace): Promise<ObjectAddress>;
  /** The same for HEAD: a signature holds for one method. */
  headAddress(image: ImagePlace): Promise<string>;
}

const SECONDS = 3600;

/** Addresses that live for an hour. */
export function createImageAddresses(addresses: ObjectAddresses, bucket: string): ImageAddresses {
  return {
    bucket,
    address: (image) => addresses.sign({ method: "GET", ...nameOf(image), seconds: SECONDS }),
    headAddress: async (image) =>
      (await addresses.sign({ method: "HEAD", ...nameOf(image), seconds: SECONDS })).url,
  };
}

function nameOf({ bucket, key }: ImagePlace): ImagePlace {
  return { bucket, key };
}
