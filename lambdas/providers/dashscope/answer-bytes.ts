import { brotliDecompressSync, constants, inflateRawSync, unzipSync } from "node:zlib";

/** The body of an answer, as far as it came. */
export interface ReceivedBody {
  /** As they came over the wire. */
  readonly bytes: Uint8Array;
  /** False where the stream broke off, or the limit did it. */
  readonly complete: boolean;
}

/** A picture of 32 MiB inside its answer has 43 MiB of base64. */
const ANSWER_LIMIT_BYTES = 64 * 1024 * 1024;

/** Reads a body up to the limit, and not beyond. Never throws: what came before a reset may hold the address of a paid image. */
export async function receiveBody(body: AsyncIterable<Uint8Array>): Promise<ReceivedBody> {
  const chunks: Uint8Array[] = [];
  let room = ANSWER_LIMIT_BYTES;
  try {
    for await (const chunk of body) {
      chunks.push(chunk.subarray(0, room));
      room -= chunk.length;
      if (room < 0) break;
    }
  } catch {
    return { bytes: Buffer.concat(chunks), complete: false };
  }
  return { bytes: Buffer.concat(chunks), complete: room >= 0 };
}

/** The text of a body, decompressed although `identity` was asked. Byte order marks are gone, which JSON.parse stumbles over. */
export function textOf(bytes: Uint8Array, contentEncoding: string | undefined): string {
  const text = new TextDecoder().decode(decompressed(bytes, contentEncoding ?? ""));
  return text.replace(/^[\ufeff\0\s]+/, "");
}

/** What fails to decompress is taken as it is: the header may be wrong. */
function decompressed(bytes: Uint8Array, contentEncoding: string): Uint8Array {
  const limits = { maxOutputLength: ANSWER_LIMIT_BYTES };
  // The flushes give what there is of a body that broke off.
  const flate = { ...limits, finishFlush: constants.Z_SYNC_FLUSH };
  const brotli = { ...limits, finishFlush: constants.BROTLI_OPERATION_FLUSH };
  try {
    if (isZipped(bytes)) return unzipSync(bytes, flate);
    if (/\bbr\b/i.test(contentEncoding)) return brotliDecompressSync(bytes, brotli);
    if (/\bdeflate\b/i.test(contentEncoding)) return inflateRawSync(bytes, flate);
  } catch {
    // Judged as it came.
  }
  return bytes;
}

/** Begins as gzip or zlib do; no JSON, no page and no event begins so. */
function isZipped([first = 0, second = 0]: Uint8Array): boolean {
  return (first === 0x1f && second === 0x8b) || (first === 0x78 && (first * 256 + second) % 31 === 0);
}
