import { crc32, deflateSync } from "node:zlib";

export const SIGNATURE = Buffer.from("89504e470d0a1a0a", "hex");

/** A chunk with its length and CRC. */
export function chunk(type: string, content: Uint8Array = Buffer.alloc(0)): Buffer {
  const typed = Buffer.concat([Buffer.from(type, "latin1"), content]);
  const framed = Buffer.alloc(typed.length + 8);
  framed.writeUInt32BE(content.length, 0);
  typed.copy(framed, 4);
  framed.writeUInt32BE(crc32(typed), typed.length + 4);
  return framed;
}

/** The same chunk with another CRC. */
export function spoilt(framed: Buffer): Buffer {
  const copy = Buffer.from(framed);
  copy.writeUInt8(copy.readUInt8(copy.length - 1) ^ 1, copy.length - 1);
  return copy;
}

/** IHDR of an 8-bit grey picture, with any of its last five bytes replaced. */
export function header(width: number, height: number, tail: readonly number[] = [8, 0, 0, 0, 0]): Buffer {
  const content = Buffer.alloc(13);
  content.writeUInt32BE(width, 0);
  content.writeUInt32BE(height, 4);
  content.set(tail, 8);
  return chunk("IHDR", content);
}

/** The rows of a grey picture, packed. */
export function greyRows(width: number, height: number): Buffer {
  const rows = Buffer.alloc((width + 1) * height);
  for (let at = 0; at < rows.length; at++) rows[at] = at % (width + 1) === 0 ? 0 : (at * 37) % 251;
  return deflateSync(rows);
}

/** A real grey picture. */
export function samplePng(width = 4, height = 3): Buffer {
  return Buffer.concat([
    SIGNATURE,
    header(width, height),
    chunk("IDAT", greyRows(width, height)),
    chunk("IEND"),
  ]);
}
