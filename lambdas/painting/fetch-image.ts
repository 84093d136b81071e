import type { Painted } from "../generations/record.ts";
import { giveUpImage, postponeFetch } from "../generations/transitions.ts";
import { fetchDelay } from "../pacing/pace.ts";
import { back, type Disposition, DONE, type WorkerDependencies } from "./dependencies.ts";
import { type FetchFault, storeImage } from "./store-image.ts";

/** Tries within one delivery, before the message comes back later. */
const QUICK_TRIES = 3;
/** A try that failed slowly is not repeated at once: the time of a delivery is for one whole download. */
const QUICK_MS = 1000;
/** How long before the address dies the image is fetched once more: queues are late, never early. */
const LAST_FETCH_MS = 60_000;

/**
 * Fetches a painted image, verifies and stores it, and ends the generation. Can be repeated from any point:
 * nothing here paints. While the source URL lives, the image is not given up.
 */
export async function fetchImage(
  generation: Painted,
  dependencies: WorkerDependencies,
): Promise<Disposition> {
  const { now, random } = dependencies;
  const { pace } = dependencies.pacerOf(generation.model);
  const began = now();
  let fault: FetchFault = { detail: "", host: null };
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
    postponeFetch(generation, {
      now: now(),
      nextFetchAt: next,
      host: fault.host,
      reason: fault.host === null ? "image_fetching" : "image_host_unknown",
      detail: fault.detail,
    }),
  );
  return back(next);
}

/** The last fetch is shortly before the address dies. After it, the message comes back at the end of the address. */
function lastFetch({ source_expires_at }: Painted, now: number): number {
  const end = Date.parse(source_expires_at);
  return end - LAST_FETCH_MS > now ? end - LAST_FETCH_MS : end;
}

async function fetchOnce(
  generation: Painted,
  dependencies: WorkerDependencies,
): Promise<"stored" | FetchFault> {
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
