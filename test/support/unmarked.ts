import { createHash } from "node:crypto";

const IHDR_END = 33;

/** The bytes of a stored PNG without the mark that the service put behind its header: what the provider painted. */
export function unmarked(file: Buffer): Buffer {
  if (file.toString("latin1", IHDR_END + 4, IHDR_END + 8) !== "iTXt") return file;
  const end = IHDR_END + 12 + file.readUInt32BE(IHDR_END);
  return Buffer.concat([file.subarray(0, IHDR_END), file.subarray(end)]);
}

/** Of a file, hex. */
export function sha256Of(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
