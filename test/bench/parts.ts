import { benchCost } from "./cost.ts";
import { benchDoor } from "./door.ts";
import { benchLatency } from "./latency.ts";
import { benchMemory } from "./memory.ts";
import { benchPace } from "./pace.ts";
import type { Row } from "./row.ts";
import { benchSoak } from "./soak.ts";
import { benchStart } from "./start.ts";

/** A part of the benchmark, which deploys what it needs for itself. */
interface Part {
  readonly name: string;
  readonly description: string;
  readonly run: () => Promise<readonly Row[]>;
}

/** Each can be run alone, by its name. */
export const PARTS: readonly Part[] = [
  { name: "latency", description: "what the service adds to a call", run: benchLatency },
  { name: "pace", description: "jobs at once against quotas of several windows", run: benchPace },
  { name: "door", description: "many of OpenAI's SDKs at once, at the real pace", run: benchDoor },
  { name: "start", description: "how long a function takes to ask for its first event", run: benchStart },
  { name: "cost", description: "operations of one picture, and what they cost in AWS", run: benchCost },
  {
    name: "soak",
    description: "requests while workers are killed and the provider misbehaves",
    run: benchSoak,
  },
  { name: "memory", description: "what it holds on this machine, at rest and in a burst", run: benchMemory },
];
