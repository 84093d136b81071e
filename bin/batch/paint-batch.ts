import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { exitCode, Failure } from "../failure.ts";
import type { Progress } from "../progress.ts";
import { type Batch, type BatchResult, type ImageService, ImageServiceError } from "../sdk/client.ts";
import { type BatchFolder, batchFolder } from "./folder.ts";
import { savePictures } from "./save-pictures.ts";
import { endedIn, progressWords } from "./words.ts";

/** What to paint, where to, and who is told. */
export interface BatchJob {
  /** The manifest. */
  readonly file: string;
  readonly folder: string;
  readonly environment: string;
  readonly service: ImageService;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

/** How a batch ended, and where its pictures are. */
export interface PaintedBatch {
  readonly batch: Batch;
  readonly pictures: number;
  /** The file with a line for each line of the manifest; null where there is none. */
  readonly results: string | null;
  /** The lines that no picture came of. */
  readonly without: readonly BatchResult[];
}

/**
 * Paints all lines of a manifest and saves the pictures as they come. The intent is the content of the file: the same
 * file is the same batch, however often this is asked for and wherever the last time broke off, and nothing is paid twice.
 */
export async function paintBatch(job: BatchJob): Promise<PaintedBatch> {
  const { progress, service, signal } = job;
  const folder = batchFolder(job.folder);
  const id = await progress.step("Handing it in", () => batchOf(job, folder));
  const saved = new Map<string, string>();
  const save = (scope: "new" | "all") => savePictures(id, { service, folder, saved, signal, scope });
  const batch = await progress.step(`Painting ${id}`, (detail) => follow(id, job, { detail, saved, save }));
  if (batch.counts.succeeded > saved.size) await progress.step("Fetching the rest", () => save("all"));
  const lines = await service.batches.results(batch, { signal });
  const named = lines.map((line) => ({ ...line, file: saved.get(line.id ?? "") ?? null }));
  return {
    batch,
    pictures: saved.size,
    results: lines.length === 0 ? null : folder.saveResults(named),
    without: lines.filter(({ status }) => status !== "succeeded"),
  };
}

/** Follows a batch to its end, and saves what has been painted meanwhile. */
async function follow(
  id: string,
  { service, signal }: BatchJob,
  {
    detail,
    saved,
    save,
  }: {
    detail: (text: string) => void;
    saved: ReadonlyMap<string, string>;
    save: (scope: "new") => Promise<void>;
  },
): Promise<Batch> {
  const first = await service.batches.read(id, { signal });
  const pace = { since: Date.now(), ended: endedIn(first) };
  let said = "";
  let saving = Promise.resolve();
  let busy = false;
  const batch = await service.batches.wait(id, {
    signal,
    onChange(seen) {
      // Without a terminal each is a line: one for a change is enough.
      const counts = JSON.stringify(seen.counts);
      if (counts !== said) detail(progressWords(seen, pace, Date.now()));
      said = counts;
      if (busy || seen.counts.succeeded <= saved.size) return;
      busy = true;
      saving = saving
        .then(() => save("new"))
        .finally(() => {
          busy = false;
        });
      // It is awaited below; until then its failure is no rejection that nobody handles.
      saving.catch(() => {});
    },
  });
  await saving;
  if (batch.error !== null)
    throw new Failure(`${batch.error.message} (${batch.id})`, { exitCode: exitCode.wrongUse });
  return batch;
}

/** The batch of this file: the one that the folder or the service knows already, or a new one. */
async function batchOf(
  { file, environment, service, signal }: BatchJob,
  folder: BatchFolder,
): Promise<string> {
  const manifest = contentOf(file);
  const sha256 = createHash("sha256").update(manifest).digest("hex");
  const known = folder.state();
  if (known !== null) {
    if (known.sha256 === sha256 && known.environment === environment) {
      await requireKnown(known.id, folder, service, signal);
      return known.id;
    }
    throw new Failure(
      `${folder.path} belongs to another batch, ${known.id} of ${known.manifest} (${known.environment}). A changed file is a new ` +
        "batch, and what both have in common would be painted and charged again: put the new lines into a file of " +
        "their own, and name another folder.",
      { exitCode: exitCode.wrongUse },
    );
  }
  const id = await handIn(manifest, `batch-file-${sha256}`, service, signal);
  folder.remember({ id, environment, manifest: basename(file), sha256 });
  return id;
}

/** The folder may be older than what the service keeps: to begin anew is to pay anew, which a person decides. */
async function requireKnown(
  id: string,
  { path }: BatchFolder,
  { batches }: ImageService,
  signal: AbortSignal,
): Promise<void> {
  try {
    await batches.read(id, { signal });
  } catch (error) {
    if (!(error instanceof ImageServiceError && error.code === "not_found")) throw error;
    throw new Failure(
      `${join(path, "batch.json")} names ${id}, which the service does not know any more, or not by this key. ` +
        "To paint the file anew, which is paid, name another folder.",
      { exitCode: exitCode.wrongUse, cause: error },
    );
  }
}

async function handIn(
  content: Uint8Array<ArrayBuffer>,
  intent: string,
  { batches }: ImageService,
  signal: AbortSignal,
): Promise<string> {
  const manifest = await batches.upload(content, { signal });
  try {
    return (await batches.create({ manifest }, { intent, signal })).batch.id;
  } catch (error) {
    // The intent is the file's content: the batch that it belongs to is this one, from another copy of the file.
    const isKnown = error instanceof ImageServiceError && error.code === "idempotency_key_reused";
    const id = isKnown ? /bat_\w+/.exec(error.message)?.[0] : undefined;
    if (id === undefined) throw error;
    return id;
  }
}

function contentOf(file: string): Uint8Array<ArrayBuffer> {
  const found = statSync(file, { throwIfNoEntry: false });
  const wrong =
    found === undefined
      ? `There is no file ${file}.`
      : !found.isFile()
        ? `${file} is no file.`
        : found.size === 0
          ? `${file} is empty.`
          : null;
  if (wrong !== null) throw new Failure(wrong, { exitCode: exitCode.wrongUse });
  return new Uint8Array(readFileSync(file));
}
