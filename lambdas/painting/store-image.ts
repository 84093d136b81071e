import type { Painted } from "../generations/record.ts";
import { complete } from "../generations/transitions/painted.ts";
import type { DownloadedImage } from "../images/download.ts";
import type { MarkedImage } from "../images/mark-file.ts";
import { errorName } from "../platform/observe.ts";
import type { WorkerDependencies } from "./dependencies.ts";
import { type FetchFault, faultOf } from "./fetch-fault.ts";
import { withMarked } from "./with-marked.ts";

/** Marks a downloaded picture, puts it into the bucket and ends the generation. */
export async function storeImage(
  generation: Painted,
  file: DownloadedImage,
  dependencies: WorkerDependencies,
): Promise<"stored" | FetchFault> {
  return withMarked(generation, file, dependencies, (marked) => put(generation, marked, dependencies));
}

async function put(
  generation: Painted,
  file: MarkedImage,
  dependencies: WorkerDependencies,
): Promise<"stored" | FetchFault> {
  const { contentType, width, height, bytes, sha256 } = file;
  let key: string;
  try {
    key = await dependencies.images.put(generation.id, file, generation.request_hash);
  } catch (error) {
    return faultOf("storage_unavailable", `the bucket refused it (${errorName(error)})`);
  }
  const { bucket } = dependencies.images;
  const image = {
    bucket,
    key,
    content_type: contentType,
    width,
    height,
    bytes,
    sha256,
    marked: [...file.marked],
    source_sha256: file.sourceSha256,
  };
  const end = { now: dependencies.now(), image, warnings: warningsOf(generation, file) };
  const saved = await dependencies.generations.save(complete(generation, end));
  if (!saved) await removeAgain(generation.id, dependencies);
  return "stored";
}

/** Another delivery may have stored the picture meanwhile, and its owner have removed it: then it must not come back. */
async function removeAgain(id: string, { generations, images }: WorkerDependencies): Promise<void> {
  const latest = await generations.get(id);
  if (latest?.removed_at !== null) await images.remove(id);
}

/** Where the picture is not what was asked. It is paid for, and stored all the same. */
function warningsOf({ input }: Painted, { contentType, width, height, warning }: MarkedImage): string[] {
  const size = `${width}*${height}`;
  return [
    ...(input === null || input.size === size
      ? []
      : [`The provider delivered a picture of ${size}; ${input.size} was asked for.`]),
    ...(contentType === "image/png"
      ? []
      : [`The provider delivered ${contentType} instead of image/png. Such a file has no checksums.`]),
    ...(warning === null ? [] : [warning]),
  ];
}
