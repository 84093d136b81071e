import type { ByteFile } from "./byte-file.ts";
import type { Inspection } from "./inspection.ts";

export const WEBP_START_BYTES = 12;

export function isWebpStart(start: Buffer): boolean {
  return start.toString("latin1", 0, 4) === "RIFF" && start.toString("latin1", 8, 12) === "WEBP";
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/**
 * Whether a WebP is whole (https://developers.google.com/speed/webp/docs/riff_container): the length that its container
 * announces is there, its chunks fit into it, and one of them holds a picture. It has no checksums.
 */
export async function inspectWebp(file: ByteFile): Promise<Inspection> {
  const end = 8 + (await file.read(0, WEBP_START_BYTES)).readUInt32LE(4);
  if (end > file.size) return { whole: false, truncated: true, detail: "shorter than its container says" };
  let canvas: Size | null = null;
  let frame: Size | null = null;
  let frames = 0;
  for (let at = WEBP_START_BYTES; at + 8 <= end; ) {
    const chunk = await file.read(at, 18);
    const length = chunk.readUInt32LE(4);
    if (at + 8 + length > end) return broken("a chunk that does not fit");
    const name = chunk.toString("latin1", 0, 4);
    const content = chunk.subarray(8, 8 + Math.min(length, 10));
    if (name === "VP8X" && content.length === 10)
      canvas = { width: content.readUIntLE(4, 3) + 1, height: content.readUIntLE(7, 3) + 1 };
    if (name === "ANMF") frames += 1;
    if (name === "VP8 ") frame ??= lossySize(content);
    if (name === "VP8L") frame ??= losslessSize(content);
    // Chunks of odd length are padded.
    at += 8 + length + (length % 2);
  }
  const size = canvas ?? frame;
  if (size === null || (frame === null && frames === 0)) return broken("no image data");
  return { whole: true, ...size };
}

/** A key frame's header: https://www.rfc-editor.org/rfc/rfc6386#section-9.1. */
function lossySize(content: Buffer): Size | null {
  if (content.length < 10 || content.readUIntBE(3, 3) !== 0x9d012a) return null;
  const [width, height] = [content.readUInt16LE(6) & 0x3fff, content.readUInt16LE(8) & 0x3fff];
  return width < 1 || height < 1 ? null : { width, height };
}

/** https://developers.google.com/speed/webp/docs/webp_lossless_bitstream_specification#3_riff_header */
function losslessSize(content: Buffer): Size | null {
  if (content.length < 5 || content.readUInt8(0) !== 0x2f) return null;
  const bits = content.readUInt32LE(1);
  return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
}

function broken(detail: string): Inspection {
  return { whole: false, truncated: false, detail };
}
