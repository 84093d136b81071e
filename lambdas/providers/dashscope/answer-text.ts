import { type FoundPicture, type IsResultUrl, inlinePicture, resultAddress } from "./answer-pictures.ts";

/** No address of a result is longer; a longer run of characters is none. */
const LONGEST_ADDRESS = 4096;

const HEAD = /(?:https?:\/\/|(?<![\w:/.+-])\/\/)[A-Za-z0-9.-]{1,253}(?::\d{1,5})?\//gi;

/**
 * The pictures of an answer that is not understood: every address on the provider's storage, wherever it stands; or the
 * base64 of a picture.
 *
 * What the provider says in words is left out, for it may quote a link. So is what the request said itself (`echo`), for
 * a prompt may name an address too.
 */
export function picturesInText(
  text: string,
  options: { readonly complete: boolean; readonly isResultUrl: IsResultUrl; readonly echo: string },
): FoundPicture[] {
  const searched = unescaped(withoutWords(text));
  const echo = unescaped(options.echo);
  const found = new Set<string>();
  for (const head of searched.matchAll(HEAD)) {
    const end = endOf(searched, head.index, options.complete);
    if (end === null) continue;
    const address = resultAddress(searched.slice(head.index, end), options.isResultUrl);
    if (address !== null && !echo.includes(nameOf(address))) found.add(address);
  }
  if (found.size > 0) return [...found].map((address) => ({ kind: "address", address }));
  const bytes = inlineIn(searched, options.complete, echo);
  return bytes === null ? [] : [{ kind: "inline", bytes }];
}

/** Where an address ends: at the quote that it began with, or at what cannot be part of one. Null where the text broke off in it. */
function endOf(text: string, start: number, complete: boolean): number | null {
  const before = text[start - 1] ?? "";
  const rest = text.slice(start, start + LONGEST_ADDRESS);
  const length = rest.search(before === '"' || before === "'" ? new RegExp(before) : /["'<>()\s]/);
  if (length >= 0) return start + length;
  return complete && rest.length < LONGEST_ADDRESS ? text.length : null;
}

/** Host and path: what an echo would repeat, with or without scheme and query. */
function nameOf(address: string): string {
  return address.replace(/^https?:\/\//i, "").replace(/[?#].*$/s, "");
}

/** Without the texts of `message` and `code`, also of one that breaks off. */
function withoutWords(text: string): string {
  return text.replace(/"(?:code|message)"\s*:\s*"[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?$)/gs, '""');
}

function unescaped(text: string): string {
  return text
    .replace(/\\{1,4}u00([2-7][\da-f])/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replace(/\\{1,4}(["/])/g, "$1");
}

/** The first base64 of a picture, if it has its end: half of one is no picture. */
function inlineIn(text: string, complete: boolean, echo: string): Uint8Array | null {
  const start = text.search(/data:image\/[\w.+-]{1,40};base64,|(?<=")(?:iVBORw0KGgo|\/9j\/4|UklGR)/);
  if (start < 0 || echo.includes(text.slice(start, start + 100))) return null;
  const quote = text.indexOf('"', start);
  if (quote < 0 && !complete) return null;
  return inlinePicture(text.slice(start, quote < 0 ? undefined : quote));
}
