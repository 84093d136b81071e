import type { Fault, FunctionName } from "./faults.ts";

/** Where faults are ordered, over HTTP: tests run in other processes than the proxy. */
export const CONTROL = "/_faults";

/** A fault that was ordered. */
export interface OrderedFault {
  /** How often it has struck. */
  struck(): Promise<number>;
}

/** Orders a fault at a proxy. */
export async function addFault(proxyUrl: string, fault: Fault): Promise<OrderedFault> {
  const { index } = await ask<{ index: number }>(proxyUrl, "", fault);
  return { struck: async () => (await ask<{ struck: number }>(proxyUrl, `/${index}`)).struck };
}

/** The worker's process that was the last to write a generation's record; undefined when there is none. */
export async function workerOf(proxyUrl: string, generationId: string): Promise<number | undefined> {
  return (await pids(proxyUrl, new URLSearchParams({ function: "worker", generation: generationId }))).at(-1);
}

/** The living processes of a function. */
export function processesOf(proxyUrl: string, functionName: FunctionName): Promise<number[]> {
  return pids(proxyUrl, new URLSearchParams({ function: functionName }));
}

async function pids(proxyUrl: string, query: URLSearchParams): Promise<number[]> {
  return (await ask<{ pids: number[] }>(proxyUrl, `/processes?${query}`)).pids;
}

async function ask<Answer>(proxyUrl: string, path: string, body?: unknown): Promise<Answer> {
  const response = await fetch(proxyUrl + CONTROL + path, {
    ...(body !== undefined && { method: "POST", body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`the fault proxy answered ${response.status}: ${await response.text()}`);
  return (await response.json()) as Answer;
}
