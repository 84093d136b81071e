import { createHash } from "node:crypto";
import type { WorkerDependencies } from "../../../lambdas/painting/dependencies.ts";
import { inMemoryAnswers, inMemoryImages } from "../in-memory-stores.ts";
import type { History } from "./history.ts";
import type { Naming } from "./naming.ts";
import type { Process, Processes } from "./processes.ts";

/** The bucket of finished images. */
export interface Bucket {
  imagesOf(process: Process): WorkerDependencies["images"];
  answersOf(process: Process): WorkerDependencies["answers"];
  /** The digest (hex) of what lies under a key, if anything does. */
  digestOf(key: string): string | undefined;
  /** Whether something lies under a key that begins like this. */
  holds(prefix: string): boolean;
}

interface Surroundings {
  readonly processes: Processes;
  readonly history: History;
  readonly naming: Naming;
}

export function createBucket({ processes, history, naming }: Surroundings): Bucket {
  /** Digests as S3 keeps them: base64. */
  const objects = new Map<string, string>();
  const pictures = inMemoryImages(() => 0);
  const answers = inMemoryAnswers();
  return {
    imagesOf: (process) => ({
      bucket: "bucket",
      put: (id, file, requestHash) =>
        processes.call(process, "put image", async () => {
          if (file.path.endsWith("bucket refuses")) throw new Error("the bucket refuses");
          await pictures.put(id, file, requestHash);
          const key = `generations/${id}.png`;
          objects.set(key, file.sha256Base64);
          if (file.path.endsWith("bucket lies")) throw new Error("the bucket stored it, and says no");
          return key;
        }),
      find: (id, of) => processes.call(process, "find image", () => pictures.find(id, of)),
      keepUnverified: (id, file) =>
        processes.call(process, "put image", () => {
          const key = `unverified/${id}-${file.sha256}`;
          objects.set(key, file.sha256Base64);
          return key;
        }),
      remove: async (id) => {
        objects.delete(`generations/${id}.png`);
        await pictures.remove(id);
      },
    }),
    answersOf: (process) => ({
      ...answers,
      keep: (claim, raw) =>
        processes.call(process, "keep answer", async () => {
          const key = await answers.keep(claim, raw);
          objects.set(key, "");
          return key;
        }),
      keepPicture: (claim, bytes) =>
        processes.call(process, "keep answer", async () => {
          const address = await answers.keepPicture(claim, bytes);
          const sha256 = createHash("sha256").update(bytes).digest("hex");
          const job = naming.jobOf(claim.id) ?? -1;
          history.paintings.set(address, { job, sha256, expiresAt: Number.POSITIVE_INFINITY });
          return address;
        }),
      keepAccepted: (claim, answer) =>
        processes.call(process, "keep answer", () => answers.keepAccepted(claim, answer)),
      accepted: (claim) => processes.call(process, "find answer", () => answers.accepted(claim)),
    }),
    holds: (prefix) => [...objects.keys()].some((key) => key.startsWith(prefix)),
    digestOf: (key) => {
      const digest = objects.get(key);
      return digest === undefined ? undefined : Buffer.from(digest, "base64").toString("hex");
    },
  };
}
