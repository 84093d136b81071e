import { crc32 } from "node:zlib";
import type { ByteFile } from "./byte-file.ts";
import type { Inspection } from "./inspection.ts";
import { type Layout, rawBytes } from "./png-layout.ts";
import { hasAllPixels } from "./png-pixels.ts";

/**
 * Whether a PNG is whole (https://www.w3.org/TR/png-3/): IHDR first, every critical chunk known and with its right CRC,
 * image data that inflates to every row, and IEND. What viewers pass over is passed over here as well: ancillary
 * chunks of any name, place and CRC, and bytes after IEND.
 */
export async function inspectPng(file: ByteFile): Promise<Inspection> {
  let layout: Layout | null = null;
  let palette = false;
  for await (const chunk of chunksOf(file)) {
    if (chunk.kind === "cut off") return { whole: false, truncated: true, detail: "ends before IEND" };
    const fault =
      (layout === null) !== (chunk.name === "IHDR")
        ? "IHDR is not the first chunk, or not the only one"
        : await faultOf(chunk, file);
    if (fault !== null) return broken(fault);
    if (chunk.name === "IHDR") {
      const read = readLayout(await file.read(chunk.at, IHDR_BYTES));
      if (typeof read === "string") return broken(read);
      layout = read;
    }
    if (chunk.name === "PLTE") palette = true;
    if (chunk.name === "IDAT" && layout?.colour === INDEXED && !palette) return broken("no palette");
    if (chunk.name === "IEND") break;
  }
  if (layout === null) return broken("no IHDR");
  if (rawBytes(layout) > MOST_RAW_BYTES) return broken("more pixels than are looked at");
  if (!(await hasAllPixels(imageDataOf(file), rawBytes(layout))))
    return broken("the image data is not whole");
  return { whole: true, width: layout.width, height: layout.height };
}

export const PNG_SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const IHDR_BYTES = 13;
const LONGEST_CHUNK = 0x7fffffff;
/** A picture with another critical chunk cannot be shown. */
const CRITICAL_CHUNKS = ["IHDR", "PLTE", "IDAT", "IEND"];
const INDEXED = 3;
/** The bit depths of each colour type (table 12 of the standard). */
const BIT_DEPTHS: ReadonlyMap<number, readonly number[]> = new Map([
  [0, [1, 2, 4, 8, 16]],
  [2, [8, 16]],
  [INDEXED, [1, 2, 4, 8]],
  [4, [8, 16]],
  [6, [8, 16]],
]);
/** Some seconds of inflating; a square of 11,000 pixels with alpha. */
const MOST_RAW_BYTES = 512 * 1024 * 1024;

interface Chunk {
  readonly kind: "chunk";
  readonly name: string;
  readonly critical: boolean;
  /** Where its data begins. */
  readonly at: number;
  readonly length: number;
}

/** The chunks one after the other, until the file ends. */
async function* chunksOf(file: ByteFile): AsyncGenerator<Chunk | { readonly kind: "cut off" }> {
  for (let at = PNG_SIGNATURE.length; ; ) {
    const head = await file.read(at, 8);
    const length = head.length < 8 ? 0 : head.readUInt32BE(0);
    const isImpossible = length > LONGEST_CHUNK;
    if (head.length < 8 || (!isImpossible && at + 12 + length > file.size)) return yield { kind: "cut off" };
    // Bit 5 of the first letter: small letters are ancillary.
    const critical = isImpossible || (head.readUInt8(4) & 0x20) === 0;
    yield { kind: "chunk", name: head.toString("latin1", 4, 8), critical, at: at + 8, length };
    at += 12 + length;
  }
}

/** What is wrong with a chunk that a picture needs; null where nothing is. */
async function faultOf({ name, critical, at, length }: Chunk, file: ByteFile): Promise<string | null> {
  if (length > LONGEST_CHUNK) return "a chunk of impossible length";
  if (critical && !CRITICAL_CHUNKS.includes(name)) return "an unknown critical chunk";
  if (name === "IHDR" && length !== IHDR_BYTES) return "IHDR of a wrong length";
  // One flipped bit makes an ancillary chunk of a critical one: its CRC tells.
  if (!critical && !CRITICAL_CHUNKS.includes(name.toUpperCase())) return null;
  let crc = crc32(Buffer.from(name, "latin1"));
  for await (const piece of file.pieces(at, length)) crc = crc32(piece, crc);
  return (await file.read(at + length, 4)).readUInt32BE(0) === crc ? null : `a wrong CRC in ${name}`;
}

async function* imageDataOf(file: ByteFile): AsyncGenerator<Buffer> {
  for await (const chunk of chunksOf(file)) {
    if (chunk.kind === "cut off" || chunk.name === "IEND") return;
    if (chunk.name === "IDAT") yield* file.pieces(chunk.at, chunk.length);
  }
}

/** The layout in IHDR, or what is wrong with it. */
function readLayout(header: Buffer): Layout | string {
  const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)];
  const [depth = 0, colour = 0, compression = 0, filter = 0, interlace = 0] = header.subarray(8);
  if (width < 1 || height < 1) return "an image without area";
  if (BIT_DEPTHS.get(colour)?.includes(depth) !== true) return "an impossible colour type";
  if (compression !== 0 || filter !== 0 || interlace > 1) return "an unknown encoding";
  return { width, height, depth, colour, interlaced: interlace === 1 };
}

function broken(detail: string): Inspection {
  return { whole: false, truncated: false, detail };
}
