import type { Generation } from "../generations/record.ts";
import type { DownloadedImage } from "../images/download.ts";
import type { MarkedImage } from "../images/mark-file.ts";
import { errorName, logger } from "../platform/observe.ts";
import type { WorkerDependencies } from "./dependencies.ts";

/** Does something with a picture that says that it was generated, and removes the marked file afterwards. */
export async function withMarked<T>(
  generation: Generation,
  file: DownloadedImage,
  { mark }: Pick<WorkerDependencies, "mark">,
  use: (marked: MarkedImage) => Promise<T>,
): Promise<T> {
  const marked = await markedOf(generation, file, mark);
  try {
    return await use(marked);
  } finally {
    if (marked.path !== file.path) await marked.discard();
  }
}

/** A picture that cannot be marked stays as it came: it is paid for. */
async function markedOf(
  { id, model, started_at, created_at }: Generation,
  file: DownloadedImage,
  mark: WorkerDependencies["mark"],
): Promise<MarkedImage> {
  try {
    // The time is the record's, so that a picture that is stored again has the same bytes.
    return await mark(file, { generationId: id, model, createdAt: started_at ?? created_at });
  } catch (error) {
    logger.warn("picture not marked", { generation_id: id, error: errorName(error) });
    const warning = "The picture could not be marked as generated; it is stored as it came.";
    return { ...file, marked: [], sourceSha256: file.sha256, warning };
  }
}
