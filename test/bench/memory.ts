import { burst, statusesInWords } from "./burst.ts";
import { progress, withCloud } from "./cloud.ts";
import { memoryOf } from "./process-memory.ts";
import type { Row } from "./row.ts";

const CALLERS = 60;

/** What the local service holds, after each of its functions has run once and while many callers wait at once. */
export function benchMemory(): Promise<Row[]> {
  return withCloud(
    { requestsPerMinute: 60, latencyMs: 2000 },
    { PROVIDER_REQUESTS_PER_MINUTE: "60" },
    async (cloud) => {
      progress("memory: at rest");
      await (
        await cloud.call("/generations", { method: "POST", body: JSON.stringify({ prompt: "first" }) })
      ).json();
      const rest = memoryOf(cloud.directory);
      progress(`memory: ${CALLERS} callers wait at once`);
      const busy = await burst(cloud, CALLERS, (caller) =>
        cloud.call("/generations", { method: "POST", body: JSON.stringify({ prompt: `caller ${caller}` }) }),
      );
      return [
        {
          what: `burst of ${CALLERS} waiting callers, 60 a minute`,
          measured: `${statusesInWords(busy.statuses)} in ${busy.seconds.toFixed(0)} s${busy.failure === null ? "" : ` (${busy.failure})`}`,
          beside: "42 × 500 of 60 (db631d6, busy machine)",
          goal: "no 5xx",
        },
        {
          what: "memory at rest (PSS of emulator, proxy and functions)",
          measured: `${rest.megabytes.toFixed(0)} MB in ${rest.processes} processes`,
          beside: "683 MB in 12 (db631d6)",
          goal: "228 MB",
        },
        {
          what: "memory in that burst, at most",
          measured: `${busy.megabytes.toFixed(0)} MB in ${busy.processes} processes`,
          beside: "4,400 to 5,700 MB in 75 to 94 (db631d6)",
          goal: "1,900 MB",
        },
      ];
    },
  );
}
