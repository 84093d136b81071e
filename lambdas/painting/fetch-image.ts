import type { Generation, Painted } from "../generations/record.ts";
import { complete, giveUpImage, postpone } from "../generations/transitions.ts";
import type { DownloadedImage } from "../images/download.ts";
import { fetchDelay } from "../pacing/pace.ts";
import { back, type Disposition, DONE, type WorkerDependencies } from "./dependencies.ts";

/** Tries within one delivery, before the message comes back later. */
const QUICK_TRIES = 3;
/** A try that failed slowly is not repeated at once: the time of a delivery is for one whole download. */
const QUICK_MS = 1000;
/** How long before the address dies the image is fetched once more: queues are late, never early. */
const LAST_FETCH_MS = 60_000;

/**
 * Fetches a painted image, verifies and stores it, and ends the generation. Can be repeated from any point:
 * nothing here paints. While the source URL lives it is never given up.
 */
export async function fetchImage(
  generation: Painted,
  dependencies: WorkerDependencies,
): Promise<Disposition> {
  const { now, pace, random } = dependencies;
  const began = now();
  let fault: Fault = { detail: "", host: null };
  for (let attempt = 1; attempt <= QUICK_TRIES; attempt++) {
    const result = await fetchOnce(generation, dependencies);
    if (result === "stored") return DONE;
    fault = result;
    if (fault.host !== null || generation.source_expires_at <= new Date(now()).toISOString()) break;
    if (now() - began > QUICK_MS) break;
    if (attempt < QUICK_TRIES) await dependencies.sleep(100 * 2 ** attempt * random());
  }
  if (Date.parse(generation.source_expires_at) <= now()) {
    const detail = `The painted image could not be fetched before its address died: ${fault.detail}.`;
    await dependencies.generations.save(giveUpImage(generation, { now: now(), detail }));
    return DONE;
  }
  if (fault.host !== null) dependencies.signal("ImageHostUnknown", generation.id);
  const next = Math.min(now() + fetchDelay(generation.fetches, pace, random), lastFetch(generation, now()));
  await dependencies.generations.save(
    postpone(generation, {
      now: now(),
      nextFetchAt: next,
      host: fault.host,
      reason: fault.host === null ? "image_fetching" : "image_host_unknown",
      detail: fault.detail,
    }),
  );
  return back(next);
}

/** A fetch shortly before the address dies; after it, the time at which there is nothing more to fetch. */
function lastFetch({ source_expires_at }: Painted, now: number): number {
  const end = Date.parse(source_expires_at);
  return end - LAST_FETCH_MS > now ? end - LAST_FETCH_MS : end;
}

/** Why an image is not stored yet; `host` when it is because its host is not on the list. */
interface Fault {
  readonly detail: string;
  readonly host: string | null;
}

async function fetchOnce(generation: Painted, dependencies: WorkerDependencies): Promise<"stored" | Fault> {
  const download = await dependencies.download(generation.source_url);
  switch (download.kind) {
    case "downloaded":
      try {
        return await storeImage(generation, download, dependencies);
      } finally {
        await download.discard();
      }
    case "unknown_host":
      return { detail: `its host ${download.host} is not on the list`, host: download.host };
    case "gone":
      return { detail: `the provider's storage answered ${download.status}`, host: null };
    case "transfer_failed":
    case "invalid_image":
      return { detail: download.detail, host: null };
  }
}

async function storeImage(
  generation: Painted,
  file: DownloadedImage,
  dependencies: WorkerDependencies,
): Promise<"stored" | Fault> {
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

/** Another delivery may have stored the picture meanwhile, and its owner have removed it: then it must not come back. */
async function removeAgain(id: string, { generations, images }: WorkerDependencies): Promise<void> {
  const latest = await generations.get(id);
  if (latest?.removed_at !== null) await images.remove(id);
}

/** The size that the provider counted, or the one that was asked: a miscount must not cost a paid image. */
function isExpectedSize(generation: Generation & Painted, file: DownloadedImage): boolean {
  const counted = file.width === generation.width && file.height === generation.height;
  return counted || generation.input?.size === `${file.width}*${file.height}`;
}
