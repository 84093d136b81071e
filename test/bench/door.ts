import { setTimeout as sleep } from "node:timers/promises";
import OpenAI from "openai";
import { type BenchCloud, progress, withCloud } from "./cloud.ts";
import { allGenerations } from "./list.ts";
import type { Row } from "./row.ts";

const CALLERS = 20;
const LATENCY_MS = 2000;
const REFUSED = "refused";

/**
 * Many callers with OpenAI's own SDK at once, at the real account's pace. Whoever is told that it failed is told the
 * truth: nothing is painted for them, then or later.
 */
export function benchDoor(): Promise<Row[]> {
  return withCloud(
    { latencyMs: LATENCY_MS, quotas: [{ requests: 2, seconds: 60, by: "sliding" }] },
    { PROVIDER_REQUESTS_PER_MINUTE: "2" },
    async (cloud) => {
      progress(`door: ${CALLERS} callers at 2 a minute`);
      const client = new OpenAI({ baseURL: cloud.stack.api_url, apiKey: cloud.stack.api_key });
      const began = performance.now();
      const answers = await Promise.all(
        Array.from({ length: CALLERS }, async (_, caller) => {
          const prompt = `door ${caller}.`;
          const told = await client.images.generate({ model: "qwen-image-max", prompt }).then(
            () => "served",
            (error: unknown) => (error instanceof OpenAI.APIError ? REFUSED : "lost"),
          );
          return { prompt, told, seconds: (performance.now() - began) / 1000 };
        }),
      );
      await untilNothingIsOpen(cloud);
      const calls = await cloud.simulator.calls("door ");
      const painted = new Set(calls.flatMap(({ outcome, prompt }) => (outcome === "painted" ? prompt : [])));
      const of = (told: string) => answers.filter((answer) => answer.told === told);
      const slowest = (told: string) => Math.max(0, ...of(told).map(({ seconds }) => seconds)).toFixed(0);
      const misled = answers.filter(({ told, prompt }) => told !== "served" && painted.has(prompt)).length;
      const throttled = calls.filter(({ outcome }) => outcome === "throttled").length;
      return [
        {
          what: `OpenAI door, ${CALLERS} callers at once at 2 a minute`,
          measured: `${of("served").length} served within ${slowest("served")} s, ${of(REFUSED).length} refused within ${slowest(REFUSED)} s, ${of("lost").length} without an answer; ${misled} told "failed" for a picture that was painted; ${throttled} × 429`,
          beside: "12 of 60 told so (db631d6, at 60 a minute)",
          goal: "nobody told so",
        },
      ];
    },
  );
}

async function untilNothingIsOpen(cloud: BenchCloud): Promise<void> {
  const isOpen = ({ status }: { status: string }) => status === "queued" || status === "running";
  while ((await allGenerations(cloud)).some(isOpen)) await sleep(2000);
}
