import { randomUUID } from "node:crypto";
import { writeFileSync } from "node:fs";
import type { Api } from "../client/api.ts";
import { create, download, follow } from "../client/generations.ts";
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

/** Paints a picture through the front door and saves it, when its bytes are the ones that were announced. */
export async function paintFirstPicture(
  api: Api,
  path: string,
  onStatus: (status: string) => void,
  signal: AbortSignal,
): Promise<Picture> {
  const created = await create(api, { wish, idempotencyKey: randomUUID() }, signal);
  const generation = await follow(api, created, ({ status }) => onStatus(status), signal);
  const { image, error, usage } = generation;
  if (image === null)
    throw new Failure(
      `The first picture was not painted: ${error?.code ?? generation.status}: ${error?.message}`,
    );
  const bytes = await download(api, generation, signal);
  writeFileSync(path, bytes);
  const { width, height, sha256 } = image;
  return { path, width, height, bytes: bytes.length, sha256, cost: `${usage.cost} ${usage.currency}` };
}
