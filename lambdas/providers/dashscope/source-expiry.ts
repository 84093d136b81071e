const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * When a result URL dies: 24 hours from now, or when its signature does, whichever comes first (some signatures live for
 * seven days, the file does not). Understands both OSS signatures: `Expires` in epoch seconds (or in seconds from now, where no epoch is so small), and version 4's
 * `x-oss-date` plus `x-oss-expires` seconds. Anything else counts as absent.
 */
export function sourceExpiry(sourceUrl: string, now: Date): Date {
  const query = new Map<string, string>();
  for (const [name, value] of new URL(sourceUrl).searchParams) query.set(name.toLowerCase(), value);
  const dayFromNow = now.getTime() + DAY_MS;
  const signatureEnd = epochExpiry(query.get("expires"), now) ?? datedExpiry(query) ?? dayFromNow;
  return new Date(Math.min(dayFromNow, signatureEnd));
}

/** The year 2001: smaller numbers are lifetimes. */
const SMALLEST_EPOCH_SECONDS = 1_000_000_000;

function epochExpiry(value: string | undefined, now: Date): number | null {
  if (value === undefined || !/^\d{1,12}$/.test(value)) return null;
  const seconds = Number(value);
  return seconds * 1000 + (seconds < SMALLEST_EPOCH_SECONDS ? now.getTime() : 0);
}

function datedExpiry(query: ReadonlyMap<string, string>): number | null {
  const date = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(query.get("x-oss-date") ?? "");
  const lifetime = query.get("x-oss-expires") ?? "";
  if (date === null || !/^\d{1,9}$/.test(lifetime)) return null;
  const [, year, month, day, hour, minute, second] = date;
  const signedAt = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(signedAt) ? null : signedAt + Number(lifetime) * 1000;
}
