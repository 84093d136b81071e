import type { Slot } from "../../../lambdas/pacing/limiter-state.ts";
import type { Chronicle } from "./chronicle.ts";
import { faultPlan } from "./faults.ts";
import type { History } from "./history.ts";
import type { PortCall, PortFault } from "./scenario.ts";
import type { Timeline } from "./timeline.ts";

/** A function's process: it lives for one invocation here, or until it crashes. */
export interface Process {
  readonly name: string;
  alive: boolean;
  /** Whom its container has a connection to; null where connections cost nothing. */
  readonly connected: Set<string> | null;
  readonly onDeath: () => void;
  /** The slot it took last. */
  slot: Slot | null;
  /** The generation it claimed and whose answer it has not written down. */
  claimed: string | null;
}

/** Everything that runs, and its way to the outside: nothing reaches a double but by a call of a process. */
export interface Processes {
  start(name: string, onDeath?: () => void, connected?: Set<string> | null): Process;
  kill(process: Process, why: string): void;
  /**
   * One call to the outside: it takes time, has its effect, and may be hit by a fault. A process that is dead by
   * then has no effect any more, and never hears of the call.
   */
  call<Answer>(
    process: Process,
    kind: PortCall,
    effect: () => Answer | Promise<Answer>,
    takes?: number,
  ): Promise<Answer>;
}

interface Surroundings {
  readonly faults: readonly PortFault[];
  readonly timeline: Timeline;
  readonly chronicle: Chronicle;
  readonly history: History;
  readonly latency: () => number;
  /** How often each call was made. */
  readonly calls: Map<PortCall, number>;
  /** What a cold worker takes longer. */
  readonly coldDelay: () => number;
}

/** Whom a call goes to: a container's first connection to each takes longer. */
const PEERS: Readonly<Record<PortCall, string | null>> = {
  connect: "provider",
  ask: null,
  answer: null,
  sleep: null,
  download: "image host",
  secret: "secrets",
  insert: "table",
  get: "table",
  save: "table",
  announce: "table",
  appoint: "table",
  lend: "table",
  inquire: "table",
  query: "table",
  "pacer get": "table",
  "pacer put": "table",
  "find image": "bucket",
  "put image": "bucket",
  "keep answer": "bucket",
  "find answer": "bucket",
  hold: "queue",
  "put back": "queue",
  send: "queue",
  "dead letter": "queue",
};

export function createProcesses(surroundings: Surroundings): Processes {
  const { timeline, chronicle, history, latency, calls, coldDelay } = surroundings;
  const strike = faultPlan(surroundings.faults);

  function kill(process: Process, why: string): void {
    if (!process.alive) return;
    process.alive = false;
    chronicle.log(`${process.name} DIES (${why})`);
    if (process.claimed !== null) history.lossPossible.add(process.claimed);
    process.onDeath();
  }

  function call<Answer>(
    process: Process,
    kind: PortCall,
    effect: () => Answer | Promise<Answer>,
    takes = latency(),
  ): Promise<Answer> {
    return new Promise((resolve, reject) => {
      timeline.after(takes + connecting(process, kind), async () => {
        if (!process.alive) return;
        calls.set(kind, (calls.get(kind) ?? 0) + 1);
        const { nth, fault } = strike(kind);
        if (fault === "crash before") return kill(process, `before ${kind} ${nth}`);
        if (fault === "error before") {
          chronicle.log(`${process.name}: ${kind} ${nth} FAILS`);
          return reject(new Error("injected"));
        }
        const claimedBefore = process.claimed;
        let answer: Answer;
        try {
          answer = await effect();
        } catch (error) {
          return reject(error);
        }
        if (fault === "crash after") return kill(process, `after ${kind} ${nth}`);
        if (fault === "error after") {
          chronicle.log(`${process.name}: ${kind} ${nth} FAILS after its effect`);
          // A claim that its own process does not know of.
          if (process.claimed !== null && process.claimed !== claimedBefore)
            history.lossPossible.add(process.claimed);
          return reject(new Error("injected"));
        }
        resolve(answer);
      });
    });
  }

  function connecting({ connected }: Process, kind: PortCall): number {
    const peer = PEERS[kind];
    if (connected === null || peer === null || connected.has(peer)) return 0;
    connected.add(peer);
    return coldDelay();
  }

  return {
    start: (name, onDeath = () => {}, connected = null) => ({
      name,
      alive: true,
      connected,
      onDeath,
      slot: null,
      claimed: null,
    }),
    kill,
    call,
  };
}
