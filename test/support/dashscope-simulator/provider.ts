import { CallLog } from "./calls.ts";
import { FaultBook } from "./faults.ts";
import { Quota } from "./quota.ts";
import { ResultStore } from "./results.ts";
import type { Settings } from "./settings.ts";

/** All the simulator knows, shared by its routes. */
export class ProviderState {
  settings: Settings;
  imageHost = "";
  readonly log = new CallLog();
  readonly faults = new FaultBook();
  readonly results = new ResultStore();
  readonly quota: Quota;
  /** Wakes every call that waits when the simulator closes. */
  readonly closing = new AbortController();
  readonly #initial: Settings;

  constructor(settings: Settings) {
    this.#initial = settings;
    this.settings = settings;
    this.quota = new Quota(() => {
      const { requestsPerMinute: requests, windowSeconds: seconds, quotas } = this.settings;
      return [{ requests, seconds, by: "sliding" }, ...quotas];
    });
  }

  /** As on the first day: no calls, no faults, no results, the settings of the start. */
  reset(): void {
    this.settings = this.#initial;
    this.log.clear();
    this.faults.clear();
    this.results.clear();
    this.quota.clear();
  }
}
