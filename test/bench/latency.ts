import { withCloud } from "./cloud.ts";

const RUNS = 20;
const LATENCY_MS = 1000;

/** What the service adds to a call: the same picture from the provider alone, and through the whole service. */
export function benchLatency(): Promise<Record<string, string>[]> {
  return withCloud(
    { latencyMs: LATENCY_MS, requestsPerMinute: 100_000 },
    { PROVIDER_REQUESTS_PER_MINUTE: "6000" },
    async (cloud) => {
      const direct = await times(async (i) => {
        const response = await fetch(
          `${cloud.simulator.baseUrl}/api/v1/services/aigc/multimodal-generation/generation`,
          {
            method: "POST",
            headers: { authorization: "Bearer sk-bench", "content-type": "application/json" },
            body: JSON.stringify({
              model: "qwen-image-max",
              input: { messages: [{ role: "user", content: [{ text: `direct ${i}` }] }] },
              parameters: { size: "1664*928", n: 1 },
            }),
          },
        );
        const answer = (await response.json()) as {
          output: { choices: { message: { content: { image: string }[] } }[] };
        };
        const url = answer.output.choices[0]?.message.content[0]?.image ?? "";
        await (await fetch(url)).arrayBuffer();
      });
      const through = await times(async (i) => {
        const body = JSON.stringify({ prompt: `through ${i}` });
        const response = await cloud.call("/generations", { method: "POST", body });
        if (response.status !== 201) throw new Error(`create answered ${response.status}`);
        const { image } = (await response.json()) as { image: { url: string } };
        await (await fetch(image.url)).arrayBuffer();
      });
      return [row("the provider alone (floor)", direct, direct), row("through the service", through, direct)];
    },
  );
}

async function times(once: (run: number) => Promise<void>): Promise<number[]> {
  await once(-1); // cold start, not measured
  const measured: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    const start = performance.now();
    await once(run);
    measured.push(performance.now() - start);
  }
  return measured.sort((a, b) => a - b);
}

function row(name: string, sorted: readonly number[], floor: readonly number[]): Record<string, string> {
  const median = (values: readonly number[]) => values[Math.floor(values.length / 2)] ?? 0;
  return {
    way: name,
    "median (ms)": median(sorted).toFixed(0),
    "slowest (ms)": (sorted.at(-1) ?? 0).toFixed(0),
    ratio: (median(sorted) / median(floor)).toFixed(2),
  };
}
