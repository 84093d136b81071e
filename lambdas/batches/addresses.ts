import { randomName } from "../platform/ids.ts";
import type { ObjectAddress, ObjectAddresses } from "../platform/object-addresses.ts";

/** Where an owner's manifests are: one owner can't name another's. */
export function manifestFolder(owner: string): string {
  return `manifests/${owner}/`;
}

/** A place for a manifest: PUT to the address stores it under the key. */
export interface ManifestPlace extends ObjectAddress {
  readonly bucket: string;
  readonly key: string;
}

/** Hands out places for manifests. */
export interface ManifestUploads {
  /** A new place below the owner's folder. Its address takes exactly so many bytes, as its signature covers them. */
  place(owner: string, bytes: number): Promise<ManifestPlace>;
}

const UPLOAD_SECONDS = 900;

/** Places in a bucket. */
export function createManifestUploads(addresses: ObjectAddresses, bucket: string): ManifestUploads {
  return {
    async place(owner, bytes) {
      const key = `${manifestFolder(owner)}${randomName()}`;
      const headers = { "content-length": String(bytes) };
      const address = await addresses.sign({ method: "PUT", bucket, key, seconds: UPLOAD_SECONDS, headers });
      return { bucket, key, ...address };
    },
  };
}

/** Where callers fetch the results of a batch. */
export interface ResultAddresses {
  readonly bucket: string;
  /** A presigned address of results. */
  address(key: string): Promise<ObjectAddress>;
}

const RESULT_SECONDS = 3600;

/** Addresses of results in a bucket. */
export function createResultAddresses(addresses: ObjectAddresses, bucket: string): ResultAddresses {
  return {
    bucket,
    address: (key) => addresses.sign({ method: "GET", bucket, key, seconds: RESULT_SECONDS }),
  };
}
