import { setTimeout as sleep } from "node:timers/promises";
import { type BenchCloud, progress, withCloud } from "./cloud.ts";
import { needsOfFunctions } from "./function-needs.ts";
import { costOf, PICTURE_BYTES } from "./prices.ts";
import { median, type Row } from "./row.ts";

const PICTURES = 6;
const LATENCY_MS = 1000;
/** What the real provider takes for a picture, in seconds. */
const PROVIDER_SECONDS = 30;
/** Its price of one, in USD. */
const PROVIDER_PRICE = 0.075;

/** Counts the calls of one picture that nothing is ahead of and nobody polls for, and prices them. */
export function benchCost(): Promise<Row[]> {
  return withCloud(
    { requestsPerMinute: 100_000, latencyMs: LATENCY_MS },
    { PROVIDER_REQUESTS_PER_MINUTE: "20" },
    async (cloud) => {
      await painted(cloud, "cold start, not counted");
      const before = new Map(cloud.proxy.counts());
      const usedBefore = await needsOfFunctions(cloud);
      const accepting: number[] = [];
      const painting: number[] = [];
      for (let picture = 0; picture < PICTURES; picture++) {
        progress(`cost: ${picture + 1} of ${PICTURES}`);
        const took = await painted(cloud, `picture ${picture}`);
        accepting.push(took.acceptedMs);
        painting.push(took.paintedMs - LATENCY_MS);
      }
      const each = new Map(
        [...cloud.proxy.counts()].map(([call, count]) => [
          call,
          (count - (before.get(call) ?? 0)) / PICTURES,
        ]),
      );
      const usd = costOf(each, {
        apiSeconds: median(accepting) / 1000,
        workerSeconds: PROVIDER_SECONDS + median(painting) / 1000,
      });
      const used = await needsOfFunctions(cloud);
      const of = (...names: string[]) =>
        names.reduce((sum, name) => sum + (each.get(`DynamoDB.${name}`) ?? 0), 0);
      return [
        {
          what: "table calls of a picture, uncontended, without polls",
          measured: `${of("PutItem", "UpdateItem").toFixed(1)} writes, ${of("TransactWriteItems").toFixed(1)} transactions, ${of("GetItem").toFixed(1)} reads, ${of("Query").toFixed(1)} queries`,
          beside: "3 writes: accepted, claimed and painted, stored",
          goal: "the fewest that keep the promises",
        },
        {
          what: "other calls of it",
          measured: [...each]
            .filter(([call, count]) => !call.startsWith("DynamoDB.") && count > 0)
            .map(([call, count]) => `${call} ${count.toFixed(1)}`)
            .join(", "),
          beside: "",
          goal: "",
        },
        {
          what: "each function, warm: the most memory, and processor time of a picture",
          measured: [...used]
            .map(([name, { megabytes, cpuMs }]) => {
              const each = (cpuMs - (usedBefore.get(name)?.cpuMs ?? 0)) / PICTURES;
              return `${name} ${megabytes.toFixed(0)} MB, ${each.toFixed(0)} ms`;
            })
            .join("; "),
          beside: "sizes as lib/functions.ts has them",
          goal: "",
        },
        {
          what: `AWS's part of a picture of ${PICTURE_BYTES / 1_000_000} MB at list price, provider ${PROVIDER_SECONDS} s`,
          measured: `USD ${usd.toFixed(5)}, ${((100 * usd) / PROVIDER_PRICE).toFixed(2)} % of the provider's`,
          beside: `the provider: USD ${PROVIDER_PRICE}`,
          goal: "under 1 %",
        },
      ];
    },
  );
}

/** Creates one without waiting, and looks at the provider's books, not at the service, whether it is done. */
async function painted(cloud: BenchCloud, prompt: string) {
  const began = performance.now();
  await cloud.create(prompt);
  const acceptedMs = performance.now() - began;
  for (;;) {
    const [call] = await cloud.simulator.calls(prompt);
    // Stored, ended and told of a moment after it was fetched.
    if (call !== undefined && call.downloads > 0) break;
    await sleep(20);
  }
  const paintedMs = performance.now() - began - acceptedMs;
  await sleep(1500);
  return { acceptedMs, paintedMs };
}
