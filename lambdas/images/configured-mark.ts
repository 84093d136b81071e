import { required } from "../platform/environment.ts";
import type { DownloadedImage } from "./download.ts";
import { type MarkedImage, markFile } from "./mark-file.ts";
import type { Mark } from "./marking.ts";

const marking = required("MARKING") === "none" ? "none" : "iptc";

/** Marks a picture as this deployment does. */
export function mark(file: DownloadedImage, says: Mark): Promise<MarkedImage> {
  return markFile(file, marking, says);
}
