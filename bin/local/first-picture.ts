import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import type { Pacer } from "../../lambdas/pacing/limiter.ts";
import { type Api, speakingToApi } from "../client/speaking-to-api.ts";
import { waitingWords } from "../client/waiting-words.ts";
import { Failure } from "../failure.ts";
import { type Generation, ImageService } from "../sdk/client.ts";
import type { Provider } from "./provider-place.ts";

/** A picture painted by the service. */
export interface Picture {
  /** Whether an earlier start painted it. */
  readonly isKept: boolean;
  readonly path: string;
  readonly width: number;
  readonly height: number;
  readonly bytes: number;
  readonly sha256: string;
  readonly cost: string;
}

const request = {
  prompt: "A lighthouse on a cliff at dawn, the sea calm, a flock of gulls, oil on canvas",
  size: "1664*928",
} as const;

/** A service that cannot reach its provider keeps what it has accepted; we do not wait that long. */
const CANCEL_AFTER = "2m";
const PAUSE_POLL_MILLISECONDS = 1000;

/** Watches until aborted. Throws when the service has stopped asking the provider because an operator must act. */
export async function refuseWhenPaused(pacer: Pick<Pacer, "status">, signal: AbortSignal): Promise<never> {
  for (;;) {
    signal.throwIfAborted();
    const { paused } = await pacer.status();
    if (paused !== null && paused !== "outage")
      throw new Failure(
        "The provider refuses to work for this key: look at DASHSCOPE_API_KEY, at DASHSCOPE_REGION, which is the " +
          "region the key was made in, and at the account's balance.",
      );
    await delay(PAUSE_POLL_MILLISECONDS, undefined, { signal }).catch(() => {});
  }
}

/**
 * Paints a picture through the front door and saves it, when its bytes are the ones that were announced. The intent is
 * who paints: a start that goes on with kept data finds the picture of the first, and pays for another only where the
 * provider or its key is a new one, or the picture is gone.
 */
export async function paintFirstPicture(
  api: Api,
  path: string,
  painter: Pick<Provider, "kind" | "key"> & { readonly baseUrl: string },
  onStatus: (status: string) => void,
  signal: AbortSignal,
): Promise<Picture> {
  const service = new ImageService(api);
  const onChange = ({ status, waiting }: Generation) =>
    onStatus(waiting === null ? status : waitingWords(waiting, Date.now()));
  return speakingToApi(api, async () => {
    for (let time = 1; ; time++) {
      const options = { intent: intentOf(painter, time), cancelAfter: CANCEL_AFTER, onChange, signal };
      const { generation, replayed } = await service.create(request, options);
      if (replayed && (await service.wait(generation.id, options)).image === null) continue;
      const { id, image, usage } = await service.paint(request, options);
      const bytes = await service.download(id, { signal });
      writeFileSync(path, bytes, { mode: 0o600 });
      const { width, height, sha256 } = image;
      const cost = `${usage.cost} ${usage.currency}`;
      return { isKept: replayed, path, width, height, bytes: bytes.length, sha256, cost };
    }
  });
}

/** Each start of the simulator has an address of its own; its key, which is none, stands for all of them. */
function intentOf(
  { kind, key, baseUrl }: Pick<Provider, "kind" | "key"> & { readonly baseUrl: string },
  time: number,
): string {
  const place = kind === "simulator" ? kind : `${baseUrl} ${key}`;
  return `first-picture-${createHash("sha256").update(place).digest("hex").slice(0, 16)}-${time}`;
}
