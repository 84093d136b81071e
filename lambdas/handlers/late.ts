import type { Expansions } from "../batches/expansions.ts";
import type { Manifests } from "../batches/manifests.ts";
import type { ImageStore } from "../images/bucket.ts";

/**
 * What the api seldom needs. The clients of S3 and SQS would be a fifth of the code of each of its starts; they are
 * loaded by the first call for them: a picture removed or sent in a body, a batch handed in.
 */
export const late: {
  readonly images: Pick<ImageStore, "bytes" | "remove">;
  readonly manifests: Pick<Manifests, "look">;
  readonly expansions: Expansions;
} = {
  images: {
    bytes: async (image) => (await import("../images/configured.ts")).images.bytes(image),
    remove: async (id) => (await import("../images/configured.ts")).images.remove(id),
  },
  manifests: {
    look: async (key) => (await import("../batches/configured-bucket.ts")).manifests.look(key),
  },
  expansions: {
    send: async (batches, delaySeconds) =>
      (await import("../batches/configured-queue.ts")).expansions.send(batches, delaySeconds),
  },
};
