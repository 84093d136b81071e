import type { Variables } from "../../lib/local-variables.ts";
import type { LocalSettings } from "./settings.ts";

/** Where the provider is, and what key it takes. */
export interface Provider {
  /** The simulator, DashScope itself, or another server at DASHSCOPE_BASE_URL. */
  readonly kind: "simulator" | "dashscope" | "other";
  readonly key: string;
  /** Variables that lead the stack there. */
  readonly variables: Variables;
}

/** A key for servers that want one, where the shell has none. */
const PLACEHOLDER_KEY = "sk-local-placeholder";

/** Who paints: whoever the settings name, by a key or an address; else the simulator, which is started for it. */
export async function placeOfProvider(
  { key, baseUrl, imageHosts }: LocalSettings["provider"],
  startSimulator: () => Promise<{ readonly baseUrl: string; readonly imageHost: string }>,
): Promise<Provider> {
  if (key !== undefined) return { kind: baseUrl === undefined ? "dashscope" : "other", key, variables: {} };
  if (baseUrl !== undefined) return { kind: "other", key: PLACEHOLDER_KEY, variables: {} };
  const simulator = await startSimulator();
  return {
    kind: "simulator",
    key: PLACEHOLDER_KEY,
    variables: {
      DASHSCOPE_BASE_URL: simulator.baseUrl,
      DASHSCOPE_IMAGE_HOSTS: [...imageHosts, simulator.imageHost].join(","),
    },
  };
}
