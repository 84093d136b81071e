/** What a caller prefers of the answer's timing. */
export interface Preference {
  readonly respondAsync: boolean;
  /** Seconds, as asked for. */
  readonly wait: number | null;
}

/**
 * Reads a `Prefer` header (RFC 7240): the first mention of a preference counts, and one that is unknown or
 * malformed is as good as absent.
 */
export function parsePrefer(value: string): Preference {
  const preferences = new Map<string, string>();
  for (const entry of value.split(",")) {
    const [preference = ""] = entry.split(";");
    const [name = "", ...rest] = preference.split("=");
    const key = name.trim().toLowerCase();
    if (!preferences.has(key))
      preferences.set(
        key,
        rest
          .join("=")
          .trim()
          .replace(/^"(.*)"$/, "$1"),
      );
  }
  const wait = preferences.get("wait") ?? "";
  return {
    respondAsync: preferences.get("respond-async") === "",
    wait: /^\d{1,9}$/.test(wait) ? Number(wait) : null,
  };
}

/** How long to wait for the end of a new generation, in seconds, and the preferences that this follows. */
export function waitOf(
  { respondAsync, wait }: Preference,
  longest: number,
): { readonly seconds: number; readonly applied: string | null } {
  const asked = wait === null ? null : Math.min(wait, longest);
  const applied = [respondAsync ? "respond-async" : [], asked === null ? [] : `wait=${asked}`].flat();
  return {
    seconds: asked ?? (respondAsync ? 0 : longest),
    applied: applied.length === 0 ? null : applied.join(", "),
  };
}
