import type { WorkerDependencies } from "../../../lambdas/painting/dependencies.ts";
import type { Process, Processes } from "./processes.ts";

/** The bucket of finished images. */
export interface Bucket {
  imagesOf(process: Process): WorkerDependencies["images"];
  /** The digest (hex) of what lies under a key, if anything does. */
  digestOf(key: string): string | undefined;
}

export function createBucket(processes: Processes): Bucket {
  /** Digests as S3 keeps them: base64. */
  const objects = new Map<string, string>();
  return {
    imagesOf: (process) => ({
      bucket: "bucket",
      put: (id, file) =>
        processes.call(process, "put image", () => {
          if (file.path.endsWith("bucket refuses")) throw new Error("the bucket refuses");
          const key = `generations/${id}.png`;
          objects.set(key, file.sha256Base64);
          if (file.path.endsWith("bucket lies")) throw new Error("the bucket stored it, and says no");
          return key;
        }),
      keepUnverified: (id, file) =>
        processes.call(process, "put image", () => {
          const key = `unverified/${id}-${file.sha256}`;
          objects.set(key, file.sha256Base64);
          return key;
        }),
      remove: async (id) => {
        objects.delete(`generations/${id}.png`);
      },
    }),
    digestOf: (key) => {
      const digest = objects.get(key);
      return digest === undefined ? undefined : Buffer.from(digest, "base64").toString("hex");
    },
  };
}
