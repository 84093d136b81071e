import type { GenerationView } from "../../lambdas/generations/view.ts";
import type { BenchCloud } from "./cloud.ts";

interface Page {
  readonly data: readonly GenerationView[];
  readonly next_cursor: string | null;
}

/** All generations of the benchmark's owner, newest first. */
export async function allGenerations({ call }: BenchCloud): Promise<GenerationView[]> {
  const all: GenerationView[] = [];
  let after: string | null = null;
  do {
    const query = new URLSearchParams({ limit: "100", ...(after !== null && { after }) });
    const response = await call(`/generations?${query}`);
    if (!response.ok) throw new Error(`the list answered ${response.status}`);
    const page = (await response.json()) as Page;
    all.push(...page.data);
    after = page.next_cursor;
  } while (after !== null);
  return all;
}
