import { timestamp } from "../../platform/clock.ts";
import type { Failed, Painted, StoredImage, Succeeded } from "../record.ts";
import { type WaitingReason, waitAgain } from "../waiting.ts";
import { ended, ending, failure, told } from "./ending.ts";

/** The image could not be fetched or stored yet; it waits for its next fetch, or for an operator. */
export function postponeFetch(
  generation: Painted,
  by: {
    now: number;
    nextFetchAt: number;
    host: string | null;
    unverifiedKey?: string | null;
    reason: WaitingReason;
    detail: string;
  },
): Painted {
  return {
    ...generation,
    version: generation.version + 1,
    fetches: generation.fetches + 1,
    next_fetch_at: timestamp(by.nextFetchAt),
    waiting_for_host: by.host,
    waiting: waitAgain(generation.waiting, by),
    history: told(generation, by, { event: "fetch_failed", detail: by.detail }),
    unverified_key: by.unverifiedKey ?? generation.unverified_key,
  };
}

/** The image is in the bucket. Only now does anyone hear of success. */
export function complete(
  generation: Painted,
  by: { now: number; image: StoredImage; warnings?: readonly string[] },
): Succeeded {
  return {
    ...ending(generation, by.now),
    history: told(generation, by, { event: "stored" }, ended("succeeded")),
    state: "succeeded",
    warnings: [...generation.warnings, ...(by.warnings ?? [])],
    request_id: generation.request_id,
    image: by.image,
  };
}

/** The image's URL died before a valid picture came from it. It was painted, and is paid. */
export function giveUpImage(generation: Painted, by: { now: number; detail: string }): Failed {
  const error = failure("image_unavailable", by.detail, "yes", null);
  return {
    ...ending(generation, by.now),
    history: told(generation, by, ended("failed", "image_unavailable")),
    state: "failed",
    request_id: generation.request_id,
    error,
  };
}

/** Makes a painted generation's own message responsible for it: the message that painted it seems to be lost. */
export function adopt(generation: Painted, now: number): Painted {
  return {
    ...generation,
    version: generation.version + 1,
    turn: generation.id,
    next_fetch_at: timestamp(now),
    history: told(
      generation,
      { now },
      {
        event: "taken_over",
        detail: "The message that painted it seemed to be lost.",
      },
    ),
  };
}
