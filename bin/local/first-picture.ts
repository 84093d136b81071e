import { randomUUID } from "node:crypto";
import { writeFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import type { Pacer } from "../../lambdas/pacing/limiter.ts";
import type { Api } from "../client/api.ts";
import { create, download, follow } from "../client/generations.ts";
import { waitingWords } from "../client/waiting-words.ts";
import { Failure } from "../failure.ts";

/** A picture painted by the service. */
export interface Picture {
  readonly path: string;
  readonly width: number;
  readonly height: number;
  readonly bytes: number;
  readonly sha256: string;
  readonly cost: string;
}

const wish = {
  prompt: "A lighthouse on a cliff at dawn, the sea calm, a flock of gulls, oil on canvas",
  size: "1664*928",
} as const;

/** A service that cannot reach its provider keeps what it has accepted; we do not wait that long. */
const CANCEL_AFTER_SECONDS = 120;
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
  const order = { wish, idempotencyKey: randomUUID(), cancelAfterSeconds: CANCEL_AFTER_SECONDS };
  const created = await create(api, order, signal);
  const generation = await follow(
    api,
    created,
    ({ status, waiting }) => onStatus(waiting === null ? status : waitingWords(waiting, Date.now())),
    signal,
  );
  const { image, error, usage } = generation;
  if (image === null)
    throw new Failure(
      `The first picture was not painted: ${error?.code ?? generation.status}: ${error?.message}`,
    );
  const bytes = await download(api, generation, signal);
  writeFileSync(path, bytes, { mode: 0o600 });
  const { width, height, sha256 } = image;
  return { path, width, height, bytes: bytes.length, sha256, cost: `${usage.cost} ${usage.currency}` };
}
