import { readFileSync } from "node:fs";
import { processesOf } from "../support/fault-proxy/client.ts";
import type { BenchCloud } from "./cloud.ts";

const FUNCTIONS = ["authorizer", "api", "relay", "worker"] as const;
/** Of the kernel's clock, which is the same on every Linux. */
const TICKS_PER_SECOND = 100;

/** What a function's processes have used so far. */
interface Needs {
  /** The most that one of them has held, in megabytes. */
  readonly megabytes: number;
  /** Processor time of all of them, in milliseconds. */
  readonly cpuMs: number;
}

/** What each function that a picture passes has used. */
export async function needsOfFunctions({ proxy }: BenchCloud): Promise<ReadonlyMap<string, Needs>> {
  const needs = FUNCTIONS.map(async (name) => {
    const used = (await processesOf(proxy.url, name)).map(needsOf);
    return [
      name,
      {
        megabytes: Math.max(0, ...used.map(({ megabytes }) => megabytes)),
        cpuMs: used.reduce((sum, { cpuMs }) => sum + cpuMs, 0),
      },
    ] as const;
  });
  return new Map(await Promise.all(needs));
}

function needsOf(pid: number): Needs {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const [, , ...fields] = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/\(.*\)/, "()")
    .split(" ");
  // The 14th and 15th of all: time in the program, and in the kernel for it.
  const ticks = Number(fields[11]) + Number(fields[12]);
  return {
    megabytes: Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) / 1024,
    cpuMs: (ticks * 1000) / TICKS_PER_SECOND,
  };
}
