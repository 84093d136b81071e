import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { Readable } from "node:stream";
import type { DownloadedImage } from "./download.ts";
import { type Mark, markPng } from "./marking.ts";
import { spool } from "./spool.ts";

/** A verified picture as it goes to the bucket, and what it says of itself. */
export interface MarkedImage extends Omit<DownloadedImage, "kind"> {
  /** The marks that this service has written into it. */
  readonly marked: readonly "iptc"[];
  /** Of what came, hex: equal to `sha256` where nothing was written into it. */
  readonly sourceSha256: string;
  /** Why it carries no mark of ours, for its owner; null where it does, or where none was wanted or needed. */
  readonly warning: string | null;
}

/** `iptc` marks pictures as generated; `none` leaves every file as it came. */
export type Marking = "iptc" | "none";

const WARNINGS = {
  no_png: "The picture is no PNG and carries no mark that it was generated.",
  unreadable_metadata:
    "The picture's own metadata could not be read; no mark that it was generated was added.",
  own_source_type: null,
  signed: null,
} as const;

/** Marks a picture in a file of its own, beside the one that came. Repeated with the same mark it gives the same bytes. */
export async function markFile(file: DownloadedImage, marking: Marking, mark: Mark): Promise<MarkedImage> {
  const { kind: _, ...came } = file;
  const asItCame = { ...came, marked: [], sourceSha256: file.sha256 };
  if (marking === "none") return { ...asItCame, warning: null };
  if (file.contentType !== "image/png") return { ...asItCame, warning: WARNINGS.no_png };
  const result = markPng(await readFile(file.path), mark);
  if (result.kind === "untouched") return { ...asItCame, warning: WARNINGS[result.reason] };
  const { overflow: __, ...written } = await spool(Readable.from([result.bytes]), {
    directory: dirname(file.path),
    maxBytes: result.bytes.length,
  });
  return { ...came, ...written, marked: ["iptc"], sourceSha256: file.sha256, warning: null };
}
