import { writeFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import type { Pacer } from "../../lambdas/pacing/limiter.ts";
import { type Api, speakingToApi } from "../client/speaking-to-api.ts";
import { waitingWords } from "../client/waiting-words.ts";
import { Failure } from "../failure.ts";
import { ImageService } from "../sdk/client.ts";

/** A picture painted by the service. */
export interface Picture {
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
    if ((await pacer.status()).paused !== null)
      throw new Failure(
        "The provider refuses to work for this key: look at DASHSCOPE_API_KEY, at DASHSCOPE_REGION, which is the " +
          "region the key was made in, and at the account's balance.",
      );
    await delay(PAUSE_POLL_MILLISECONDS, undefined, { signal }).catch(() => {});
  }
}

/** Paints a picture through the front door and saves it, when its bytes are the ones that were announced. */
export async function paintFirstPicture(
  api: Api,
  path: string,
  onStatus: (status: string) => void,
  signal: AbortSignal,
): Promise<Picture> {
  const service = new ImageService(api);
  const { image, usage, bytes } = await speakingToApi(api, async () => {
    const generation = await service.paint(request, {
      cancelAfter: CANCEL_AFTER,
      onChange: ({ status, waiting }) =>
        onStatus(waiting === null ? status : waitingWords(waiting, Date.now())),
      signal,
    });
    return { ...generation, bytes: await service.download(generation.id, { signal }) };
  });
  writeFileSync(path, bytes, { mode: 0o600 });
  const { width, height, sha256 } = image;
  return { path, width, height, bytes: bytes.length, sha256, cost: `${usage.cost} ${usage.currency}` };
}
