import { partition } from "@aws-sdk/core/client";
import { formatUrl } from "@aws-sdk/core/util";
import { S3RequestPresigner } from "@aws-sdk/s3-request-presigner";
import { Sha256 } from "@smithy/core/checksum";
import { HttpRequest } from "@smithy/core/protocols";
import { timestamp } from "./clock.ts";

/** A presigned address of an object, and when it dies (RFC 3339). */
export interface ObjectAddress {
  readonly url: string;
  readonly expiresAt: string;
}

/** What an address is for: one method on one object, for so many seconds, with exactly these headers if any. */
export interface AddressRequest {
  readonly method: "GET" | "HEAD" | "PUT";
  readonly bucket: string;
  readonly key: string;
  readonly seconds: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Signs addresses of S3's objects: whoever has one acts with this function's rights. */
export interface ObjectAddresses {
  sign(request: AddressRequest): Promise<ObjectAddress>;
}

/**
 * Signs without S3's client, which is a fifth of a function's code and knows these addresses by the same rules: the
 * bucket's host in the region (or a path below `endpoint`, such as an emulator's), and nothing signed of a body.
 */
export function createObjectAddresses(options: {
  readonly region: string;
  readonly endpoint: string | undefined;
  readonly credentials: ConstructorParameters<typeof S3RequestPresigner>[0]["credentials"];
  readonly now: () => number;
}): ObjectAddresses {
  const { region, endpoint, credentials, now } = options;
  const signer = new S3RequestPresigner({ region, credentials, sha256: Sha256 });
  return {
    async sign({ method, bucket, key, seconds, headers = {} }) {
      const { protocol, hostname, port, pathname } = new URL(
        endpoint === undefined
          ? `https://${bucket}.s3.${region}.${partition(region).dnsSuffix}`
          : `${endpoint.replace(/\/$/, "")}/${bucket}`,
      );
      const request = new HttpRequest({
        method,
        protocol,
        hostname,
        ...(port !== "" && { port: Number(port) }),
        path: `${pathname.replace(/\/$/, "")}/${key.split("/").map(escaped).join("/")}`,
        headers: { ...headers },
      });
      const at = now();
      const signed = await signer.presign(request, { expiresIn: seconds, signingDate: new Date(at) });
      return { url: formatUrl(signed), expiresAt: timestamp(at + seconds * 1000) };
    },
  };
}

/** A part of a path as signatures have it: RFC 3986's unreserved characters stay (SigV4, "UriEncode"). */
function escaped(part: string): string {
  return encodeURIComponent(part).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
