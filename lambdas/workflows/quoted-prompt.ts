import type { Generation } from "../generations/record.ts";
import type { ProblemExtras } from "../platform/service-error.ts";

/** A run of so many characters is a quotation; fewer may be any word. */
const QUOTED = 12;
const SHORTEST_PROMPT = 8;
const WITHHELD = "The provider's words quote the prompt; they are shown with the generation.";

/**
 * What is said of an end, without the provider's words where they quote the prompt: Lambda's runtime writes the message
 * of an error to the log, where no prompt belongs.
 */
export function withoutQuotes(extras: ProblemExtras, input: Generation["input"]): ProblemExtras {
  const { detail, provider } = extras;
  const said = (text: string) =>
    [input?.prompt, input?.negative_prompt].some((prompt) => quotes(text, prompt ?? "")) ? WITHHELD : text;
  return {
    ...extras,
    detail: said(detail),
    ...(provider && {
      provider: { ...provider, message: provider.message === null ? null : said(provider.message) },
    }),
  };
}

function quotes(text: string, prompt: string): boolean {
  if (prompt.length < SHORTEST_PROMPT) return false;
  const run = Math.min(QUOTED, prompt.length);
  for (let start = 0; start + run <= text.length; start++)
    if (prompt.includes(text.slice(start, start + run))) return true;
  return false;
}
