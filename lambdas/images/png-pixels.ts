import { pipeline } from "node:stream/promises";
import { createInflateRaw } from "node:zlib";

/**
 * Whether image data inflates to at least `expected` bytes. Stops there, so that a bomb costs no more than the picture
 * that it claims to be. The Adler-32 at the end is not checked, as viewers do not: every chunk has its CRC.
 *
 * @throws what reading the data throws
 */
export async function hasAllPixels(data: AsyncIterable<Buffer>, expected: number): Promise<boolean> {
  let bytes = 0;
  try {
    await pipeline(
      withoutZlibHeader(data),
      createInflateRaw(),
      async (rows: AsyncIterable<Buffer>): Promise<void> => {
        for await (const part of rows) {
          bytes += part.length;
          if (bytes >= expected) return;
        }
      },
    );
  } catch (error) {
    if (bytes < expected && !isInflateFault(error)) throw error;
  }
  return bytes >= expected;
}

class NoZlibHeader extends Error {
  readonly code = "Z_NO_HEADER";
}

/** The deflate stream behind the two bytes of https://www.rfc-editor.org/rfc/rfc1950#section-2.2. */
async function* withoutZlibHeader(data: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let header = Buffer.alloc(0);
  for await (const piece of data) {
    if (header.length === 2) {
      yield piece;
      continue;
    }
    const taken = 2 - header.length;
    header = Buffer.concat([header, piece.subarray(0, taken)]);
    if (header.length < 2) continue;
    if (!isZlibHeader(header)) throw new NoZlibHeader();
    if (piece.length > taken) yield piece.subarray(taken);
  }
}

function isZlibHeader(header: Buffer): boolean {
  const [method = 0, flags = 0] = header;
  const withDictionary = (flags & 0x20) !== 0;
  return (method & 0x0f) === 8 && method >> 4 <= 7 && !withDictionary && header.readUInt16BE(0) % 31 === 0;
}

/** Codes of zlib, such as Z_DATA_ERROR. */
function isInflateFault(error: unknown): boolean {
  return error instanceof Error && "code" in error && String(error.code).startsWith("Z_");
}
