import type { Call, Violation } from "./calls.ts";
import type { FaultOrder } from "./faults.ts";
import type { Settings } from "./settings.ts";

/** What `GET /_simulator/health` tells. */
export interface Health {
  readonly status: "ok";
  readonly pid: number;
  /** Host and port of the results. */
  readonly image_host: string;
  readonly counts: {
    /** Calls the quota let through, and those it did not. */
    readonly accepted: number;
    readonly throttled: number;
    readonly painted: number;
    readonly billed: number;
    readonly violations: number;
  };
}

/** The verbs a test has, whether the simulator runs in this process or another. */
export interface SimulatorControl {
  /** The provider's base URL, without a slash at the end. */
  readonly baseUrl: string;
  /** Host and port of the results. */
  readonly imageHost: string;
  health(): Promise<Health>;
  /** The calls so far in the order of arrival; given a text, those whose prompt contains it. */
  calls(promptPart?: string): Promise<Call[]>;
  violations(): Promise<Violation[]>;
  /** Changes the settings given, and tells all. */
  settings(change?: Partial<Settings>): Promise<Settings>;
  /** Queues a fault for the next calls. Rejects where the fault is unknown. */
  addFault(order: FaultOrder): Promise<void>;
  /** The bytes of a picture, by the SHA-256 in its call. */
  image(sha256: string): Promise<Buffer>;
  /** Forgets calls, faults, results and the quota's window; settings are as at the start. */
  reset(): Promise<void>;
}

/** Takes the controls of a simulator that runs, here or in another process. */
export async function connectSimulator(baseUrl: string): Promise<SimulatorControl> {
  const origin = baseUrl.replace(/\/+$/, "");
  const ask = async (method: string, path: string, body?: unknown): Promise<Response> => {
    const response = await fetch(`${origin}/_simulator/${path}`, {
      method,
      ...(body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
    });
    if (!response.ok)
      throw new Error(`simulator: ${method} ${path}: ${response.status} ${await response.text()}`);
    return response;
  };
  const read = async <Answer>(path: string): Promise<Answer> =>
    (await ask("GET", path)).json() as Promise<Answer>;
  const health = (): Promise<Health> => read("health");
  const { image_host: imageHost } = await health();
  return {
    baseUrl: origin,
    imageHost,
    health,
    calls: (promptPart) => read(`calls?prompt=${encodeURIComponent(promptPart ?? "")}`),
    violations: () => read("violations"),
    settings: async (change = {}) => (await ask("PUT", "settings", change)).json() as Promise<Settings>,
    addFault: async (order) => {
      await ask("POST", "faults", order);
    },
    image: async (sha256) => Buffer.from(await (await ask("GET", `images/${sha256}`)).arrayBuffer()),
    reset: async () => {
      await ask("POST", "reset");
    },
  };
}
