import { createHash } from "node:crypto";
import type { Generation, ImageService } from "../sdk/client.ts";
import type { BatchFolder } from "./folder.ts";

interface Saving {
  readonly service: ImageService;
  readonly folder: BatchFolder;
  /** The names of the pictures that are here, by their generations. */
  readonly saved: Map<string, string>;
  readonly signal: AbortSignal;
  /** `new`: as far back as there are new ones; `all`: to the first line. */
  readonly scope: "new" | "all";
}

const AT_ONCE = 4;
/** The latest lines come first; behind so many that are here already there is hardly a new one. */
const ENOUGH_SEEN = 100;

/** By the address in the list, which costs the owner's limit no request; by a new one where that fails. */
async function bytesOf(
  { id, image }: Generation,
  service: ImageService,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const response = image === null ? null : await fetch(image.url, { signal }).catch(() => null);
  const bytes = response?.ok === true ? new Uint8Array(await response.arrayBuffer()) : null;
  if (bytes !== null && createHash("sha256").update(bytes).digest("hex") === image?.sha256) return bytes;
  return service.download(id, { signal });
}

/** Saves the pictures of a batch that are not in the folder yet. */
export async function savePictures(batch: string, saving: Saving): Promise<void> {
  const { service, folder, saved, signal, scope } = saving;
  let seen = 0;
  let some: Generation[] = [];
  const flush = async () => {
    const those = some;
    some = [];
    await Promise.all(
      those.map(async (generation) => {
        saved.set(generation.id, folder.save(generation, await bytesOf(generation, service, signal)));
      }),
    );
  };
  for await (const generation of service.list({ batch, status: "succeeded", signal })) {
    const here = saved.get(generation.id) ?? folder.has(generation);
    if (here !== null) saved.set(generation.id, here);
    if (here !== null || generation.image === null) {
      if (++seen >= ENOUGH_SEEN && scope === "new") break;
      continue;
    }
    some.push(generation);
    if (some.length === AT_ONCE) await flush();
  }
  await flush();
}
