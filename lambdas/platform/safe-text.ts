/**
 * Makes text that the provider wrote fit to be stored and shown: no control characters, no query of a URL (a signed
 * URL's query is a bearer token), nothing that looks like a key, and no more than `limit` characters.
 * `secrets` of eight characters and more are removed wherever they stand.
 */
export function safeText(text: string, limit = 500, secrets: readonly string[] = []): string {
  let safe = text.slice(0, READ_LIMIT);
  // A key that the cut went through would not be recognised any more.
  if (text.length > READ_LIMIT) safe = safe.replace(/\S*$/, "");
  for (const secret of secrets) if (secret.length >= 8) safe = safe.replaceAll(secret, REDACTED);
  safe = safe
    .replace(/\p{Cc}+/gu, " ")
    .replace(/(https?:\/\/[^\s?#"'<>]*)[?#][^\s"'<>]*/gi, "$1")
    .replace(/[?&][\w.%-]+=[^\s&"'<>]*/g, "")
    .replace(/\bBearer\s+\S+/gi, REDACTED)
    .replace(/\b(?:sk-|aik_|LTAI|STS\.)[\w.*-]{4,}/g, REDACTED)
    .replace(/\b[A-Za-z0-9]{32,}\b/g, REDACTED)
    .trim();
  return safe.slice(0, limit).toWellFormed();
}

const REDACTED = "[redacted]";

/** Longer text is cut before it is searched, which bounds the time whatever an answer holds. */
const READ_LIMIT = 4096;
