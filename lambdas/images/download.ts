import { randomUUID } from "node:crypto";
import { type FileHandle, open, rm } from "node:fs/promises";
import { join } from "node:path";
import { exchange, faultReason, type Transport, type TransportResult } from "../platform/transport.ts";
import type { UrlCheck } from "../platform/url-check.ts";
import { contentLength, DigestingMeter, type Digests, verifyIntegrity } from "./integrity.ts";
import { PngVerifier } from "./png.ts";
import { PRIVATE_ADDRESS, publicLookup, type Resolve } from "./public-lookup.ts";

export interface DownloadedImage {
  readonly kind: "downloaded";
  /** A private temporary file, the caller's until `discard`. */
  readonly path: string;
  readonly bytes: number;
  /** Hex. */
  readonly sha256: string;
  /** As S3 wants its checksum. */
  readonly sha256Base64: string;
  /** Hex. */
  readonly md5: string;
  readonly width: number;
  readonly height: number;
  /** Removes the file; harmless when repeated. */
  readonly discard: () => Promise<void>;
}

export type Download =
  | DownloadedImage
  /** Not asked: the host is not on the list, or its name leads to a private address. The operator can extend the list. */
  | { readonly kind: "unknown_host"; readonly host: string }
  /** The storage has no such file or refuses the signature: final once the URL has expired. */
  | { readonly kind: "gone"; readonly status: number }
  /** Broken on the way; the GET may be repeated freely. */
  | { readonly kind: "transfer_failed"; readonly detail: string }
  /** Arrived as the storage has it, and it is not the PNG that was ordered. */
  | { readonly kind: "invalid_image"; readonly detail: string };

export interface DownloadOptions {
  /** Where the temporary file goes; must exist. */
  readonly directory: string;
  readonly extraHosts: readonly string[];
  /** The provider's word on where its results may be fetched from. */
  readonly checkResultUrl: (
    sourceUrl: string,
    options: { readonly extraHosts: readonly string[] },
  ) => UrlCheck;
  /** What IHDR must say; null is not checked. */
  readonly expected: { readonly width: number | null; readonly height: number | null };
  /** For the whole download. */
  readonly timeoutMs: number;
  /** 32 MiB unless told. */
  readonly maxBytes?: number;
  readonly signal?: AbortSignal;
  readonly transport?: Transport;
  readonly resolve?: Resolve;
}

type Failure = Exclude<Download, DownloadedImage>;
type Answered = Extract<TransportResult, { answered: true }>;

const MAX_BYTES = 32 * 1024 * 1024;
const CONNECT_TIMEOUT_MS = 10_000;

/**
 * Streams a result into a temporary file and verifies it on the way, so that memory stays flat whatever the size.
 * Follows no redirect and sends no credentials. Never throws; the file is gone after anything but `downloaded`.
 */
export async function downloadImage(sourceUrl: string, options: DownloadOptions): Promise<Download> {
  const source = options.checkResultUrl(sourceUrl, options);
  if (!source.allowed) return { kind: "unknown_host", host: source.host };
  const deadline = AbortSignal.timeout(options.timeoutMs);
  const result = await (options.transport ?? exchange)({
    url: source.url,
    target: source.target,
    method: "GET",
    // A compressed copy would fit none of the checksums.
    headers: { accept: "image/png, */*", "accept-encoding": "identity" },
    body: null,
    connectTimeoutMs: Math.min(CONNECT_TIMEOUT_MS, options.timeoutMs),
    readTimeoutMs: options.timeoutMs,
    signal: options.signal === undefined ? deadline : AbortSignal.any([deadline, options.signal]),
    lookup: source.mayBePrivate ? null : publicLookup(options.resolve),
  });
  if (!result.answered) {
    return result.reason === PRIVATE_ADDRESS
      ? { kind: "unknown_host", host: source.url.host }
      : { kind: "transfer_failed", detail: result.reason };
  }
  try {
    return refusal(result) ?? (await receive(result, options));
  } finally {
    result.close();
  }
}

function refusal(result: Answered): Failure | null {
  switch (result.status) {
    case 200:
      return null;
    case 403:
    case 404:
    case 410:
      return { kind: "gone", status: result.status };
    default:
      // Redirects too: the next hop would be a host that nobody has checked.
      return { kind: "transfer_failed", detail: `status ${result.status}` };
  }
}

async function receive(result: Answered, options: DownloadOptions): Promise<Download> {
  const path = join(options.directory, `${randomUUID()}.png.partial`);
  const discard = () => rm(path, { force: true });
  const meter = new DigestingMeter();
  const png = new PngVerifier();
  let file: FileHandle | null = null;
  let failure: Failure | null = null;
  try {
    // "wx": a file of ours, not one that someone else put there.
    file = await open(path, "wx", 0o600);
    failure = await stream(result, options.maxBytes ?? MAX_BYTES, [file, meter, png]);
  } catch (error) {
    failure = { kind: "transfer_failed", detail: faultReason(error) };
  } finally {
    await file?.close().catch(() => {});
  }
  const received = meter.digests();
  const outcome = failure ?? judge(result, received, png, options.expected);
  if (outcome.kind !== "verified") {
    await discard().catch(() => {});
    return outcome;
  }
  return {
    kind: "downloaded",
    path,
    bytes: received.bytes,
    sha256: received.sha256.toString("hex"),
    sha256Base64: received.sha256.toString("base64"),
    md5: received.md5.toString("hex"),
    width: outcome.width,
    height: outcome.height,
    discard,
  };
}

/** Passes the body on to all three, one chunk at a time. Throws what the network or the disk throws. */
async function stream(
  result: Answered,
  maxBytes: number,
  [file, meter, png]: readonly [FileHandle, DigestingMeter, PngVerifier],
): Promise<Failure | null> {
  const oversized: Failure = { kind: "invalid_image", detail: `larger than ${maxBytes} bytes` };
  if ((contentLength(result.headers) ?? 0) > maxBytes) return oversized;
  for await (const chunk of result.body) {
    meter.update(chunk);
    if (meter.bytes > maxBytes) return oversized;
    png.update(chunk);
    await file.writeFile(chunk);
  }
  return null;
}

/** First whether the bytes arrived as they were stored, then whether they are the image. */
function judge(
  result: Answered,
  received: Digests,
  png: PngVerifier,
  expected: DownloadOptions["expected"],
): Failure | { readonly kind: "verified"; readonly width: number; readonly height: number } {
  const integrity = verifyIntegrity(result.headers, received);
  if (!integrity.intact) return { kind: "transfer_failed", detail: integrity.detail };
  const verdict = png.verdict();
  if (!verdict.valid) {
    // Without a length or a checksum an early end of the connection looks just like the end of the file.
    const framed = integrity.proven || result.headers["transfer-encoding"] !== undefined;
    return {
      kind: verdict.truncated && !framed ? "transfer_failed" : "invalid_image",
      detail: verdict.detail,
    };
  }
  const { width, height } = verdict;
  if (width !== (expected.width ?? width) || height !== (expected.height ?? height))
    return {
      kind: "invalid_image",
      detail: `${width}*${height} instead of ${expected.width ?? "any"}*${expected.height ?? "any"}`,
    };
  return { kind: "verified", width, height };
}
