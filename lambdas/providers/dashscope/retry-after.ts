/** One answer must not stop everybody for longer: a used-up plan has been seen to ask for 21 days. */
const LONGEST_SECONDS = 300;

/**
 * Seconds to wait by a `Retry-After` header (seconds or an HTTP date, RFC 9110 section 10.2.3), at most five minutes; null where
 * it is absent or unreadable. The provider neither documents nor sends it today: obeyed where present, never relied on.
 */
export function retryAfterSeconds(header: string | undefined, now: Date): number | null {
  const value = header?.trim() ?? "";
  if (/^\d{1,12}$/.test(value)) return Math.min(Number(value), LONGEST_SECONDS);
  if (!/^[A-Za-z]{3,9},? /.test(value)) return null;
  const at = Date.parse(value);
  if (Number.isNaN(at)) return null;
  return Math.min(Math.max(Math.ceil((at - now.getTime()) / 1000), 0), LONGEST_SECONDS);
}
