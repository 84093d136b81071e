import { cpSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Installation, installPackages } from "../../../bin/local/installation.ts";
import { home, installOnce, log, run } from "../installations.ts";

/** The SDKs of Python, each with an environment of its own. */
export const PYTHON = {
  openai: "OpenAI's SDK for Python",
  litellm: "LiteLLM",
  langchain: "LangChain's image tool",
  "openapi-python-client": "openapi-python-client",
} as const;

/** Vercel's `ai` with two providers, installed by the lock file beside its script. */
export const vercelAi = join(home, "vercel-ai-7.0.173");

/** OpenAI's SDK for Node.js, in the same way. */
export const openAiNode = join(home, "openai-node-7.57.0");

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));

/** An SDK of Python in exact versions: some 600 MB for all of them, once. */
export function pythonSdk(
  name: keyof typeof PYTHON,
  signal = new AbortController().signal,
): Promise<Installation> {
  return installPackages(
    { name, title: PYTHON[name], requirements: here(`requirements/${name}.txt`) },
    { directory: home, variables: process.env, log, signal },
  );
}

/** Installs every SDK that is not there yet. */
export async function installSdks(signal: AbortSignal): Promise<void> {
  for (const [name, place] of [
    ["vercel-ai", vercelAi],
    ["openai-node", openAiNode],
  ] as const)
    await installOnce(place, async (draft) => {
      cpSync(here(name), draft, { recursive: true });
      await run("npm", ["ci", "--prefix", draft, "--ignore-scripts", "--no-fund", "--no-audit"], signal);
    });
  for (const name of ["openai", "litellm", "langchain", "openapi-python-client"] as const)
    await pythonSdk(name, signal);
}
