import type { Painted } from "../generations/record.ts";
import { complete, giveUpImage, postpone } from "../generations/transitions.ts";
import type { DownloadedImage, RefusedImage } from "../images/download.ts";
import { fetchDelay } from "../pacing/pace.ts";
import { errorName, logger } from "../platform/observe.ts";
import { back, type Disposition, DONE, type WorkerDependencies } from "./dependencies.ts";

/** Tries within one delivery, before the message comes back later. */
const QUICK_TRIES = 3;
/** A try that failed slowly is not repeated at once: the time of a delivery is for one whole download. */
const QUICK_MS = 1000;
/** How long before the address is to die the image is fetched once more: queues are late, never early. */
const LAST_FETCH_MS = 60_000;
/** An address that the storage never calls gone is given up so long after it was to die: twice the usual lifetime. */
const HARD_END_MS = 24 * 60 * 60_000;

/**
 * Fetches a painted image, verifies and stores it, and ends the generation. Can be repeated from any point: nothing
 * here paints. It is given up when the storage says, after the address was to die, that it is gone: our arithmetic
 * alone proves nothing, as clocks differ.
 */
export async function fetchImage(
  generation: Painted,
  dependencies: WorkerDependencies,
): Promise<Disposition> {
  const { now, pace, random } = dependencies;
  const began = now();
  let result = await fetchOnce(generation, dependencies);
  for (let attempt = 1; attempt < QUICK_TRIES && result !== "stored"; attempt++) {
    if (result.host !== null || now() - began > QUICK_MS) break;
    await dependencies.sleep(100 * 2 ** attempt * random());
    result = await fetchOnce(generation, dependencies);
  }
  if (result === "stored") return DONE;
  if (isDead(generation, result, now())) {
    const kept = result.unverifiedKey ?? generation.unverified_key;
    const rest = kept === null ? "" : " What came instead is kept for the operator.";
    const detail = `The painted image could not be fetched before its address died: ${result.detail}.${rest}`;
    await dependencies.generations.save(giveUpImage(generation, { now: now(), detail }));
    return DONE;
  }
  tell(generation, result, dependencies);
  const next = Math.min(now() + fetchDelay(generation.fetches, pace, random), lastFetch(generation, now()));
  const { host, unverifiedKey } = result;
  await dependencies.generations.save(postpone(generation, { nextFetchAt: next, host, unverifiedKey }));
  return back(next);
}

/** What a painted generation waits for. */
type WaitingReason = "image_fetching" | "image_host_unknown" | "image_refused" | "storage_unavailable";

/** Why an image is not stored yet. */
interface Fault {
  readonly reason: WaitingReason;
  /** Without addresses: callers and logs show it. */
  readonly detail: string;
  /** The host, when it is not one that we fetch from. */
  readonly host: string | null;
  /** The storage has no such file. */
  readonly gone: boolean;
  /** Where the bytes are kept that are no picture. */
  readonly unverifiedKey: string | null;
}

function faultOf(reason: WaitingReason, detail: string, more: Partial<Fault> = {}): Fault {
  return { reason, detail, host: null, gone: false, unverifiedKey: null, ...more };
}

function isDead({ source_expires_at }: Painted, { gone }: Fault, now: number): boolean {
  const expiry = Date.parse(source_expires_at);
  return now >= expiry + (gone ? 0 : HARD_END_MS);
}

/** A fetch shortly before the address is to die, and one when it should have; then as often as ever, to the hard end. */
function lastFetch({ source_expires_at }: Painted, now: number): number {
  const expiry = Date.parse(source_expires_at);
  const ends = [expiry - LAST_FETCH_MS, expiry, expiry + HARD_END_MS];
  return ends.find((end) => end > now) ?? now;
}

/** The people who can mend it hear of it; of refused bytes once for each generation. */
function tell(generation: Painted, fault: Fault, { signal }: WorkerDependencies): void {
  const { reason, detail } = fault;
  logger.warn("image not stored yet", { generation_id: generation.id, reason, detail });
  if (reason === "image_host_unknown") signal("ImageHostUnknown", generation.id);
  if (reason === "image_refused" && generation.unverified_key === null) signal("ImageRefused", generation.id);
}

async function fetchOnce(generation: Painted, dependencies: WorkerDependencies): Promise<"stored" | Fault> {
  const download = await dependencies.download(generation.source_url);
  switch (download.kind) {
    case "downloaded":
    case "refused":
      try {
        return download.kind === "downloaded"
          ? await storeImage(generation, download, dependencies)
          : await keepRefused(generation, download, dependencies);
      } finally {
        await download.discard();
      }
    case "unknown_host":
      return faultOf("image_host_unknown", `its host ${download.host} is not on the list`, {
        host: download.host,
      });
    case "other_port":
      return faultOf("image_host_unknown", `it lies at another port than 443: ${download.host}`, {
        host: download.host,
      });
    case "gone":
      return faultOf("image_fetching", `the provider's storage answered ${download.status}`, { gone: true });
    case "transfer_failed":
      return faultOf("image_fetching", download.detail);
  }
}

/** What was fetched and is no picture is kept for a person to look at. The provider may still deliver the picture. */
async function keepRefused(
  { id }: Painted,
  file: RefusedImage,
  { images }: WorkerDependencies,
): Promise<Fault> {
  const detail = `what came is no picture we accept (${file.detail})`;
  try {
    return faultOf("image_refused", detail, { unverifiedKey: await images.keepUnverified(id, file) });
  } catch (error) {
    return faultOf("storage_unavailable", `${detail}; the bucket refused it (${errorName(error)})`);
  }
}

async function storeImage(
  generation: Painted,
  file: DownloadedImage,
  dependencies: WorkerDependencies,
): Promise<"stored" | Fault> {
  const { contentType, width, height, bytes, sha256 } = file;
  let key: string;
  try {
    key = await dependencies.images.put(generation.id, file);
  } catch (error) {
    return faultOf("storage_unavailable", `the bucket refused it (${errorName(error)})`);
  }
  const { bucket } = dependencies.images;
  const image = { bucket, key, content_type: contentType, width, height, bytes, sha256 };
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
function warningsOf({ input }: Painted, { contentType, width, height }: DownloadedImage): string[] {
  const size = `${width}*${height}`;
  return [
    ...(input === null || input.size === size
      ? []
      : [`The provider delivered a picture of ${size}; ${input.size} was asked for.`]),
    ...(contentType === "image/png"
      ? []
      : [`The provider delivered ${contentType} instead of image/png. Such a file has no checksums.`]),
  ];
}
