import type { Painted } from "../generations/record.ts";
import { giveUpImage, postponeFetch } from "../generations/transitions/painted.ts";
import type { RefusedImage } from "../images/download.ts";
import { fetchDelay } from "../pacing/pace.ts";
import { errorName } from "../platform/observe.ts";
import { back, type Disposition, DONE, type WorkerDependencies } from "./dependencies.ts";
import { type FetchFault, faultOf } from "./fetch-fault.ts";
import { storeImage } from "./store-image.ts";

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
  const { now, random } = dependencies;
  const { pace } = dependencies.pacerOf(generation.model);
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
    if (await dependencies.generations.save(giveUpImage(generation, { now: now(), detail })))
      dependencies.signal("ImageUnavailable", generation.id);
    return DONE;
  }
  tell(generation, result, dependencies);
  const next = Math.min(now() + fetchDelay(generation.fetches, pace, random), lastFetch(generation, now()));
  const { host, unverifiedKey, reason, detail } = result;
  await dependencies.generations.save(
    postponeFetch(generation, { now: now(), nextFetchAt: next, host, unverifiedKey, reason, detail }),
  );
  return back(next);
}

function isDead({ source_expires_at }: Painted, { gone }: FetchFault, now: number): boolean {
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
function tell(generation: Painted, fault: FetchFault, { signal }: WorkerDependencies): void {
  const { reason } = fault;
  if (reason === "image_host_unknown") signal("ImageHostUnknown", generation.id);
  if (reason === "image_refused" && generation.unverified_key === null) signal("ImageRefused", generation.id);
}

async function fetchOnce(
  generation: Painted,
  dependencies: WorkerDependencies,
): Promise<"stored" | FetchFault> {
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
): Promise<FetchFault> {
  const detail = `what came is no picture we accept (${file.detail})`;
  try {
    return faultOf("image_refused", detail, { unverifiedKey: await images.keepUnverified(id, file) });
  } catch (error) {
    return faultOf("storage_unavailable", `${detail}; the bucket refused it (${errorName(error)})`);
  }
}
