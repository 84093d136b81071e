import { type BenchCloud, progress, withCloud } from "./cloud.ts";
import { median, ms, type Row } from "./row.ts";

/** How long the provider paints, and how often that is measured. */
const PAINTINGS = [
  { latencyMs: 300, runs: 15 },
  { latencyMs: 2000, runs: 7 },
  { latencyMs: 15_000, runs: 2 },
];

/** What the service adds to a call: the same picture from the provider alone, and through the whole service. */
export function benchLatency(): Promise<Row[]> {
  return withCloud(
    { requestsPerMinute: 100_000 },
    { PROVIDER_REQUESTS_PER_MINUTE: "6000" },
    async (cloud) => {
      const rows: Row[] = [];
      await through(cloud, "cold start, not measured");
      for (const { latencyMs, runs } of PAINTINGS) {
        progress(`latency: the provider takes ${latencyMs} ms`);
        await cloud.simulator.settings({ latencyMs });
        const added: number[] = [];
        const floor: number[] = [];
        // Interleaved: what slows the machine slows both.
        for (let run = 0; run < runs; run++) {
          const direct = await timed(() => alone(cloud, `direct ${latencyMs} ${run}`));
          floor.push(direct);
          added.push((await timed(() => through(cloud, `through ${latencyMs} ${run}`))) - direct);
        }
        const spread = added.toSorted((a, b) => a - b);
        rows.push({
          what: `added until stored and answered, provider ${latencyMs / 1000} s (n ${runs})`,
          measured: `+${ms(median(added))} (${spread[0]?.toFixed(0)} to ${spread.at(-1)?.toFixed(0)})`,
          beside: `the provider alone: ${ms(median(floor))}`,
          goal: "under +300 ms",
        });
      }
      return rows;
    },
  );
}

async function timed(act: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await act();
  return performance.now() - start;
}

async function alone({ simulator }: BenchCloud, prompt: string): Promise<void> {
  const response = await fetch(`${simulator.baseUrl}/api/v1/services/aigc/multimodal-generation/generation`, {
    method: "POST",
    headers: { authorization: "Bearer sk-bench", "content-type": "application/json" },
    body: JSON.stringify({
      model: "qwen-image-max",
      input: { messages: [{ role: "user", content: [{ text: prompt }] }] },
      parameters: { size: "1664*928", n: 1 },
    }),
  });
  const answer = (await response.json()) as {
    output: { choices: { message: { content: { image: string }[] } }[] };
  };
  await (await fetch(answer.output.choices[0]?.message.content[0]?.image ?? "")).arrayBuffer();
}

async function through(cloud: BenchCloud, prompt: string): Promise<void> {
  const response = await cloud.call("/generations", { method: "POST", body: JSON.stringify({ prompt }) });
  if (response.status !== 201) throw new Error(`create answered ${response.status}`);
  await response.arrayBuffer();
}
