import { createReadStream } from "node:fs";
import { pipeline, type Transform } from "node:stream";
import { createBrotliDecompress, createUnzip, createZstdDecompress } from "node:zlib";
import { type SpooledFile, spool } from "./spool.ts";

/** `deflate` is the zlib format, which the same decoder tells from gzip by its first bytes. */
const DECODERS = new Map<string, () => Transform>([
  ["gzip", createUnzip],
  ["x-gzip", createUnzip],
  ["deflate", createUnzip],
  ["br", createBrotliDecompress],
  ["zstd", createZstdDecompress],
]);

export type Decoded =
  | { readonly ok: true; readonly file: SpooledFile }
  | { readonly ok: false; readonly detail: string };

/**
 * Undoes the content encodings of a received file, the last one first; the file itself stays. With nothing to undo the
 * answer is that very file.
 */
export async function decode(
  received: SpooledFile,
  contentEncoding: string | undefined,
  limits: { readonly directory: string; readonly maxBytes: number },
): Promise<Decoded> {
  let file = received;
  for (const encoding of encodingsOf(contentEncoding).toReversed()) {
    const undone = await undo(file, encoding, limits);
    if (file !== received) await file.discard();
    if (!undone.ok) return undone;
    file = undone.file;
  }
  return { ok: true, file };
}

function encodingsOf(header: string | undefined): string[] {
  return (header ?? "")
    .split(",")
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== "" && name !== "identity");
}

async function undo(
  file: SpooledFile,
  encoding: string,
  limits: { readonly directory: string; readonly maxBytes: number },
): Promise<Decoded> {
  const decoder = DECODERS.get(encoding);
  if (decoder === undefined) return { ok: false, detail: "an unknown content encoding" };
  try {
    // A fault of either stream is thrown where the decoded bytes are read.
    const decoded = pipeline(createReadStream(file.path), decoder(), () => {});
    const { overflow, ...plain } = await spool(decoded, limits);
    if (!overflow) return { ok: true, file: plain };
    await plain.discard();
    return { ok: false, detail: `larger than ${limits.maxBytes} bytes when decoded` };
  } catch {
    return { ok: false, detail: `not ${encoding}, as its header says` };
  }
}
