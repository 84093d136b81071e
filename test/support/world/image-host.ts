import type { Download } from "../../../lambdas/images/download.ts";
import type { History, Painting } from "./history.ts";
import type { Process, Processes } from "./processes.ts";
import type { Scenario } from "./scenario.ts";
import { START, type Timeline } from "./timeline.ts";

/** The storage where the provider leaves its pictures for a while. */
export interface ImageHost {
  download(process: Process, sourceUrl: string): Promise<Download>;
}

interface Surroundings {
  readonly scenario: Scenario;
  readonly timeline: Timeline;
  readonly history: History;
  readonly processes: Processes;
  readonly random: () => number;
  readonly onFetch: (job: number, sourceUrl: string) => void;
}

export function createImageHost(surroundings: Surroundings): ImageHost {
  const { scenario, timeline, history, processes, random, onFetch } = surroundings;
  /** Downloads that got as far as the storage: the scenario counts no others. */
  let served = 0;

  function fetched(sourceUrl: string): Download {
    // The real download undoes this.
    const painting = history.paintings.get(sourceUrl.replaceAll("&amp;", "&"));
    if (painting === undefined) throw new Error("no such painting");
    onFetch(painting.job, sourceUrl);
    // It came inside its answer, and lies in our own bucket.
    if (sourceUrl.startsWith("s3:")) return serve(painting);
    if (timeline.clock < START + scenario.hostAllowedAt) return { kind: "unknown_host", host: "new.example" };
    if (timeline.clock >= painting.expiresAt || scenario.storageDead) return { kind: "gone", status: 403 };
    return serve(painting);
  }

  function serve(painting: Painting): Download {
    const kind = scenario.downloads[served++] ?? "ok";
    switch (kind) {
      case "gone":
        return { kind: "gone", status: 404 };
      case "transfer failed":
        return { kind: "transfer_failed", detail: "reset" };
      case "invalid":
        return {
          kind: "refused",
          path: kind,
          bytes: 9,
          sha256: "00",
          sha256Base64: "AA==",
          detail: "no PNG, JPEG or WebP",
          discard: async () => {},
        };
      default:
        return {
          kind: "downloaded",
          // The file's name tells the bucket what it has to do with it.
          path: kind,
          bytes: 1_848_320,
          sha256: painting.sha256,
          sha256Base64: Buffer.from(painting.sha256, "hex").toString("base64"),
          contentType: "image/png",
          width: kind === "wrong size" ? 1 : 1664,
          height: 928,
          discard: async () => {},
        };
    }
  }

  return {
    download: (process, sourceUrl) =>
      processes.call(process, "download", () => fetched(sourceUrl), 300 + random() * 2000),
  };
}
