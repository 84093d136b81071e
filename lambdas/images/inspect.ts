import { type ByteFile, withByteFile } from "./byte-file.ts";
import type { ImageType } from "./image-type.ts";
import type { Inspection } from "./inspection.ts";
import { inspectJpeg, JPEG_START } from "./jpeg.ts";
import { inspectPng, PNG_SIGNATURE } from "./png.ts";
import { inspectWebp, isWebpStart, WEBP_START_BYTES } from "./webp.ts";

/** A file, by what its bytes say; what a header calls it proves nothing. */
export type InspectedImage =
  | { readonly whole: true; readonly type: ImageType; readonly width: number; readonly height: number }
  | Extract<Inspection, { whole: false }>;

/**
 * Whether a file is a whole picture of a kind that we store.
 *
 * @throws what the disk throws
 */
export async function inspectImage(path: string): Promise<InspectedImage> {
  return withByteFile(path, async (file) => {
    const start = await file.read(0, WEBP_START_BYTES);
    const kind = kindOf(start);
    if (kind === null) return { whole: false, truncated: false, detail: "no PNG, JPEG or WebP" };
    const inspection = await kind.inspect(file);
    return inspection.whole ? { ...inspection, type: kind.type } : inspection;
  });
}

function kindOf(start: Buffer): { type: ImageType; inspect: (file: ByteFile) => Promise<Inspection> } | null {
  if (startsWith(start, PNG_SIGNATURE)) return { type: "image/png", inspect: inspectPng };
  if (startsWith(start, JPEG_START)) return { type: "image/jpeg", inspect: inspectJpeg };
  if (isWebpStart(start)) return { type: "image/webp", inspect: inspectWebp };
  return null;
}

/** A file that ends within the signature is the beginning of that kind. */
function startsWith(start: Buffer, signature: Buffer): boolean {
  const length = Math.min(start.length, signature.length);
  return length > 0 && start.subarray(0, length).equals(signature.subarray(0, length));
}
