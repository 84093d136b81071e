import { type FileHandle, open } from "node:fs/promises";

const WINDOW_BYTES = 64 * 1024;

/** A file that is read at any place, a window of it at a time, so that memory stays flat whatever its size. */
export interface ByteFile {
  readonly size: number;
  /** Up to `length` bytes from `at` on; fewer at the end of the file. At most 64 KiB. */
  read(at: number, length: number): Promise<Buffer>;
  /** The bytes from `at` on, piece by piece. */
  pieces(at: number, length: number): AsyncIterable<Buffer>;
}

/**
 * Opens a file for as long as `use` runs.
 *
 * @throws what the disk throws
 */
export async function withByteFile<Result>(
  path: string,
  use: (file: ByteFile) => Promise<Result>,
): Promise<Result> {
  const handle = await open(path);
  try {
    return await use(byteFile(handle, (await handle.stat()).size));
  } finally {
    await handle.close();
  }
}

function byteFile(handle: FileHandle, size: number): ByteFile {
  let window = Buffer.alloc(0);
  let windowAt = 0;

  async function read(at: number, length: number): Promise<Buffer> {
    const end = Math.min(at + length, size);
    if (at < windowAt || end > windowAt + window.length) {
      // A new buffer each time: what was handed out earlier must not change.
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(WINDOW_BYTES), 0, WINDOW_BYTES, at);
      window = buffer.subarray(0, bytesRead);
      windowAt = at;
    }
    return window.subarray(at - windowAt, Math.max(at, end) - windowAt);
  }

  async function* pieces(at: number, length: number): AsyncGenerator<Buffer> {
    const end = Math.min(at + length, size);
    for (let position = at; position < end; ) {
      const piece = await read(position, Math.min(WINDOW_BYTES, end - position));
      if (piece.length === 0) return;
      yield piece;
      position += piece.length;
    }
  }

  return { size, read, pieces };
}
