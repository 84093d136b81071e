import { type Download, downloadImage } from "../images/download.ts";
import type { Provider } from "../providers/port.ts";
import type { KeptAnswers } from "./kept-answers.ts";

interface DownloadNeeds {
  readonly answers: Pick<KeptAnswers, "addressOf">;
  readonly check: Provider["resultHosts"]["check"];
  /** Hosts that the environment allows beyond the provider's own. */
  readonly extraHosts: readonly string[];
  /** Where the file goes. */
  readonly directory: string;
  readonly timeoutMs: number;
}

/** Downloads pictures from where their checkpoint leads: the provider's storage, or our own bucket for one that came inside its answer. */
export function createDownload({ answers, check, extraHosts, directory, timeoutMs }: DownloadNeeds) {
  return async (sourceUrl: string): Promise<Download> => {
    const kept = await answers.addressOf(sourceUrl);
    const hosts = kept === null ? extraHosts : [kept.host];
    return downloadImage(kept?.href ?? sourceUrl, {
      directory,
      timeoutMs,
      check: (url) => check(url, { extraHosts: hosts }),
    });
  };
}
