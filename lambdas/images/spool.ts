import { createHash, randomUUID } from "node:crypto";
import { type FileHandle, open, rm } from "node:fs/promises";
import { join } from "node:path";

/** Bytes in a private temporary file, the caller's until `discard`. */
export interface SpooledFile {
  readonly path: string;
  readonly bytes: number;
  /** Hex. */
  readonly sha256: string;
  /** As S3 wants its checksum. */
  readonly sha256Base64: string;
  /** Removes the file; harmless when repeated. */
  readonly discard: () => Promise<void>;
}

/**
 * Writes bytes to a file as they come, at most `maxBytes` of them: `overflow` when there were more.
 *
 * @throws what the source or the disk throws; the file is gone then
 */
export async function spool(
  source: AsyncIterable<Uint8Array>,
  { directory, maxBytes }: { readonly directory: string; readonly maxBytes: number },
): Promise<SpooledFile & { readonly overflow: boolean }> {
  const path = join(directory, `${randomUUID()}.partial`);
  const discard = () => rm(path, { force: true });
  const hash = createHash("sha256");
  let bytes = 0;
  let overflow = false;
  let file: FileHandle | null = null;
  try {
    // "wx": a file of ours, not one that someone else put there.
    file = await open(path, "wx", 0o600);
    for await (const chunk of source) {
      const kept = chunk.subarray(0, maxBytes - bytes);
      hash.update(kept);
      bytes += kept.length;
      await file.writeFile(kept);
      overflow = kept.length < chunk.length;
      if (overflow) break;
    }
  } catch (error) {
    await discard().catch(() => {});
    throw error;
  } finally {
    await file?.close().catch(() => {});
  }
  const digest = hash.digest();
  const sha256Base64 = digest.toString("base64");
  return { path, bytes, sha256: digest.toString("hex"), sha256Base64, discard, overflow };
}
