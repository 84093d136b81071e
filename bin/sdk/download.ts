import type { CallOptions, Connection } from "./connection.ts";
import { ImageServiceError } from "./error.ts";
import { look, requirePicture } from "./generations.ts";

/**
 * The picture of a generation, byte for byte the one that was painted.
 *
 * @throws ImageServiceError `unreachable` when the bucket does not answer, `damaged` when the bytes are others
 */
export async function download(
  connection: Connection,
  id: string,
  index: number,
  { signal }: CallOptions,
): Promise<Uint8Array> {
  // Presigned addresses die: a new one, then.
  const { images } = requirePicture((await look(connection, id, {}, signal)).generation, null);
  const image = images[index];
  const facts = { billed: "yes", generationId: id } as const;
  if (image === undefined)
    throw new ImageServiceError(`${id} has ${images.length} pictures, counted from 0.`, {
      ...facts,
      code: "not_found",
      retryable: false,
    });
  const bytes = await bytesAt(image.url, signal).catch((cause: unknown) => {
    signal?.throwIfAborted();
    const reason = cause instanceof Error ? cause.message : String(cause);
    const message = `The picture of ${id} cannot be fetched from ${new URL(image.url).host} (${reason}).`;
    throw new ImageServiceError(message, { ...facts, code: "unreachable", retryable: true, cause });
  });
  if ((await sha256(bytes)) === image.sha256) return bytes;
  const message = `The picture of ${id} was damaged on its way: its sha256 is not ${image.sha256}.`;
  throw new ImageServiceError(message, { ...facts, code: "damaged", retryable: true });
}

/** Without our headers: the address carries its own signature. */
async function bytesAt(url: string, signal: AbortSignal | undefined): Promise<Uint8Array<ArrayBuffer>> {
  const response = await fetch(url, signal === undefined ? {} : { signal });
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
