import { createHash } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { Crc64 } from "./crc64.ts";

export interface Digests {
  readonly bytes: number;
  readonly sha256: Buffer;
  readonly md5: Buffer;
  /** Unsigned decimal. */
  readonly crc64: string;
}

/** Counts and hashes bytes as they pass. */
export class DigestingMeter {
  readonly #sha256 = createHash("sha256");
  readonly #md5 = createHash("md5");
  readonly #crc64 = new Crc64();
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  update(chunk: Uint8Array): void {
    this.#bytes += chunk.length;
    this.#sha256.update(chunk);
    this.#md5.update(chunk);
    this.#crc64.update(chunk);
  }

  /** Once only. */
  digests(): Digests {
    return {
      bytes: this.#bytes,
      sha256: this.#sha256.digest(),
      md5: this.#md5.digest(),
      crc64: this.#crc64.digest(),
    };
  }
}

export type IntegrityVerdict =
  | {
      readonly intact: true;
      /** True when the storage gave a length or a checksum to hold the bytes against. */
      readonly proven: boolean;
    }
  | { readonly intact: false; readonly detail: string };

/**
 * Holds what arrived against what the storage said of it, each where present: Content-Length, ETag, Content-MD5 and
 * `x-oss-hash-crc64ecma`. Headers of an unexpected form are passed over: they prove nothing either way.
 */
export function verifyIntegrity(headers: IncomingHttpHeaders, received: Digests): IntegrityVerdict {
  const length = contentLength(headers);
  const checks: (readonly [string, string | null, string])[] = [
    ["Content-Length", length === null ? null : String(length), String(received.bytes)],
    ["Content-MD5", contentMd5(headers), received.md5.toString("hex")],
    ["ETag", md5OfEtag(headers), received.md5.toString("hex")],
    ["x-oss-hash-crc64ecma", crc64(headers), received.crc64],
  ];
  const promised = checks.filter(([, expected]) => expected !== null);
  const broken = promised.find(([, expected, actual]) => expected !== actual);
  if (broken !== undefined) return { intact: false, detail: `${broken[0]} does not match` };
  return { intact: true, proven: promised.length > 0 };
}

/** The announced length in bytes; null where there is none. */
export function contentLength(headers: IncomingHttpHeaders): number | null {
  const value = headers["content-length"] ?? "";
  return /^\d{1,15}$/.test(value) ? Number(value) : null;
}

function contentMd5(headers: IncomingHttpHeaders): string | null {
  const value = single(headers["content-md5"]);
  return /^[A-Za-z0-9+/]{22}==$/.test(value) ? Buffer.from(value, "base64").toString("hex") : null;
}

/**
 * The ETag is the MD5 of simple uploads only: 32 hex digits, not weak. Appended and multipart objects and those encrypted
 * with a KMS key can carry 32 digits that are no MD5.
 * https://www.alibabacloud.com/help/en/object-storage-service/latest/can-i-use-etag-values-as-oss-md5-hashes-to-check-data-consistency
 */
function md5OfEtag(headers: IncomingHttpHeaders): string | null {
  const objectType = single(headers["x-oss-object-type"]);
  if (objectType !== "" && objectType.toLowerCase() !== "normal") return null;
  if (single(headers["x-oss-server-side-encryption"]).toUpperCase() === "KMS") return null;
  return /^"?([0-9a-f]{32})"?$/i.exec(headers.etag ?? "")?.[1]?.toLowerCase() ?? null;
}

function crc64(headers: IncomingHttpHeaders): string | null {
  const value = single(headers["x-oss-hash-crc64ecma"]);
  return /^\d{1,20}$/.test(value) ? BigInt(value).toString() : null;
}

function single(header: string | string[] | undefined): string {
  return (Array.isArray(header) ? header[0] : header)?.trim() ?? "";
}
