import type { Painted } from "../generations/record.ts";
import { complete } from "../generations/transitions.ts";
import type { DownloadedImage } from "../images/download.ts";
import type { WorkerDependencies } from "./dependencies.ts";

/** Why an image is not stored yet. */
export interface FetchFault {
  readonly detail: string;
  /** The image's host, where it is not on the list. */
  readonly host: string | null;
}

/** Puts a downloaded picture into the bucket and ends the generation; a picture of an unexpected size is a fault. */
export async function storeImage(
  generation: Painted,
  file: DownloadedImage,
  dependencies: WorkerDependencies,
): Promise<"stored" | FetchFault> {
  const { width, height, bytes, sha256 } = file;
  if (!isExpectedSize(generation, file)) return { detail: `the picture is ${width}*${height}`, host: null };
  let key: string;
  try {
    key = await dependencies.images.put(generation.id, file);
  } catch (error) {
    return {
      detail: `the bucket refused it (${error instanceof Error ? error.name : "unknown"})`,
      host: null,
    };
  }
  const image = { bucket: dependencies.images.bucket, key, width, height, bytes, sha256 };
  const saved = await dependencies.generations.save(complete(generation, { now: dependencies.now(), image }));
  if (!saved) await removeAgain(generation.id, dependencies);
  return "stored";
}

/** Another delivery may have stored the picture, and its owner removed it since: then it must not stay in the bucket. */
async function removeAgain(id: string, { generations, images }: WorkerDependencies): Promise<void> {
  const latest = await generations.get(id);
  if (latest?.removed_at !== null) await images.remove(id);
}

/** The size that the provider counted, or the one that was asked: a miscount must not cost a paid image. */
function isExpectedSize(generation: Painted, file: DownloadedImage): boolean {
  const counted = file.width === generation.width && file.height === generation.height;
  return counted || generation.input?.size === `${file.width}*${file.height}`;
}
