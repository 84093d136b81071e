import { exchange, faultReason, type Transport, type TransportResult } from "../platform/transport.ts";
import type { UrlCheck } from "../platform/url-check.ts";
import { decode } from "./content-encoding.ts";
import type { ImageType } from "./image-type.ts";
import { inspectImage } from "./inspect.ts";
import { PRIVATE_ADDRESS, publicLookup, type Resolve } from "./public-lookup.ts";
import { type SpooledFile, spool } from "./spool.ts";

/** A whole picture, as far as its own bytes prove it. */
export interface DownloadedImage extends SpooledFile {
  readonly kind: "downloaded";
  readonly contentType: ImageType;
  readonly width: number;
  readonly height: number;
}

/** A complete answer that is no picture we accept. Its bytes are for a person to look at, not to be dropped. */
export interface RefusedImage extends SpooledFile {
  readonly kind: "refused";
  readonly detail: string;
}

export type Download =
  | DownloadedImage
  | RefusedImage
  /** Not asked: the host is not on the list, or its name leads to a private address. The operator can extend the list. */
  | { readonly kind: "unknown_host"; readonly host: string }
  /** Not asked: the host is on the list, but at another port. No entry in the list helps. */
  | { readonly kind: "other_port"; readonly host: string }
  /** The storage has no such file or refuses the signature: final once the URL has expired. */
  | { readonly kind: "gone"; readonly status: number }
  /** Broken on the way; the GET may be repeated freely. */
  | { readonly kind: "transfer_failed"; readonly detail: string };

export interface DownloadOptions {
  /** Where the temporary files go; must exist. */
  readonly directory: string;
  /** Asked for the address and for every redirect. */
  readonly check: (url: string) => UrlCheck;
  /** For the whole download. */
  readonly timeoutMs: number;
  /** 64 MiB unless told, before and after content encodings are undone. */
  readonly maxBytes?: number;
  readonly signal?: AbortSignal;
  readonly transport?: Transport;
  readonly resolve?: Resolve;
}

type Failure = Exclude<Download, DownloadedImage | RefusedImage>;
type Answered = Extract<TransportResult, { answered: true }>;

const MAX_BYTES = 64 * 1024 * 1024;
const CONNECT_TIMEOUT_MS = 10_000;
const MOST_REDIRECTS = 5;
const REDIRECTS = [301, 302, 303, 307, 308];

/**
 * Fetches a result into a temporary file and inspects it there, so that memory stays flat whatever the size. Sends no
 * credentials, and checks every hop of a redirect like the first. Never throws; without a file in the answer none is left.
 */
export async function downloadImage(sourceUrl: string, options: DownloadOptions): Promise<Download> {
  const deadline = AbortSignal.timeout(options.timeoutMs);
  const signal = options.signal === undefined ? deadline : AbortSignal.any([deadline, options.signal]);
  const asWritten = await fetchFrom(sourceUrl, options, signal);
  // Some providers escape the URL as for HTML. The address as given goes first: `&amp;` may be meant.
  return asWritten.kind === "gone" && sourceUrl.includes("&amp;")
    ? fetchFrom(sourceUrl.replaceAll("&amp;", "&"), options, signal)
    : asWritten;
}

async function fetchFrom(address: string, options: DownloadOptions, signal: AbortSignal): Promise<Download> {
  let next = address;
  for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects++) {
    const source = options.check(next);
    if (!source.allowed) return { kind: source.fault, host: source.host };
    const result = await ask(source, options, signal);
    if (!result.answered) {
      return result.reason === PRIVATE_ADDRESS
        ? { kind: "unknown_host", host: source.url.host }
        : { kind: "transfer_failed", detail: result.reason };
    }
    try {
      const location = redirectOf(result, source.url);
      if (location === null) return refusal(result) ?? (await receive(result, options));
      next = location;
    } finally {
      result.close();
    }
  }
  return { kind: "transfer_failed", detail: "too many redirects" };
}

function ask(
  source: Extract<UrlCheck, { allowed: true }>,
  options: DownloadOptions,
  signal: AbortSignal,
): Promise<TransportResult> {
  return (options.transport ?? exchange)({
    url: source.url,
    target: source.target,
    method: "GET",
    headers: { accept: "image/png, */*", "accept-encoding": "identity" },
    body: null,
    connectTimeoutMs: Math.min(CONNECT_TIMEOUT_MS, options.timeoutMs),
    readTimeoutMs: options.timeoutMs,
    signal,
    lookup: source.mayBePrivate ? null : publicLookup(options.resolve),
  });
}

/** Where a redirect leads; null for every other answer. */
function redirectOf({ status, headers }: Answered, from: URL): string | null {
  if (!REDIRECTS.includes(status) || headers.location === undefined) return null;
  // Node reads headers as Latin-1; what is not ASCII in an address is UTF-8.
  const location = Buffer.from(headers.location, "latin1").toString();
  // An absolute address is passed on as written: one that is encoded anew breaks its signature.
  return /^https?:/i.test(location) ? location : (URL.parse(location, from.href)?.href ?? location);
}

function refusal(result: Answered): Failure | null {
  switch (result.status) {
    case 200:
    case 203:
      return null;
    case 206:
      return wholeRange(result) === null ? { kind: "transfer_failed", detail: "a part of the file" } : null;
    case 403:
    case 404:
    case 410:
      return { kind: "gone", status: result.status };
    default:
      return { kind: "transfer_failed", detail: `status ${result.status}` };
  }
}

/** The length of a file that came as the one range of all its bytes. */
function wholeRange({ headers }: Answered): number | null {
  const [, last, length] = /^bytes 0-(\d{1,15})\/(\d{1,15})$/i.exec(headers["content-range"] ?? "") ?? [];
  return length !== undefined && Number(last) + 1 === Number(length) ? Number(length) : null;
}

/** The announced length in bytes; null where there is none. */
function announcedLength(result: Answered): number | null {
  if (result.status === 206) return wholeRange(result);
  const value = result.headers["content-length"] ?? "";
  return /^\d{1,15}$/.test(value) ? Number(value) : null;
}

async function receive(result: Answered, options: DownloadOptions): Promise<Download> {
  const limits = { directory: options.directory, maxBytes: options.maxBytes ?? MAX_BYTES };
  let received: (SpooledFile & { readonly overflow: boolean }) | null = null;
  try {
    received = await spool(result.body, limits);
    const { overflow, ...file } = received;
    if (overflow) return { kind: "refused", ...file, detail: `larger than ${limits.maxBytes} bytes` };
    const announced = announcedLength(result);
    const fault =
      announced !== null && announced !== file.bytes
        ? "another length than announced"
        : file.bytes === 0
          ? "an empty answer"
          : null;
    const outcome =
      fault === null
        ? await judge(result, file, limits)
        : { kind: "transfer_failed" as const, detail: fault };
    if (!("path" in outcome) || outcome.path !== file.path) await file.discard();
    return outcome;
  } catch (error) {
    await received?.discard().catch(() => {});
    return { kind: "transfer_failed", detail: faultReason(error) };
  }
}

/** What a file is that arrived as it was sent. What cannot be decoded is judged as it came. */
async function judge(
  result: Answered,
  received: SpooledFile,
  limits: { readonly directory: string; readonly maxBytes: number },
): Promise<Download> {
  const decoded = await decode(received, result.headers["content-encoding"], limits);
  const file = decoded.ok ? decoded.file : received;
  const image = await inspectImage(file.path);
  if (image.whole) {
    const { type, width, height } = image;
    return { kind: "downloaded", ...file, contentType: type, width, height };
  }
  // Without a length an early end of the connection looks just like the end of the file.
  const isFramed = announcedLength(result) !== null || result.headers["transfer-encoding"] !== undefined;
  if (image.truncated && !isFramed) {
    await file.discard();
    return { kind: "transfer_failed", detail: image.detail };
  }
  return { kind: "refused", ...file, detail: decoded.ok ? image.detail : decoded.detail };
}
