import { serializeList } from "structured-headers";
import type { RequestCount } from "./request-limits.ts";

const WINDOW_SECONDS = 60;
const POLICY = "requests";

/**
 * What an owner has left of its requests, said twice: in the IETF's fields
 * (draft-ietf-httpapi-ratelimit-headers-10) and in those that OpenAI's SDKs know.
 */
export function quotaHeaders(
  { used, resetsAt }: RequestCount,
  limit: number,
  now: number,
): Readonly<Record<string, string>> {
  const remaining = Math.max(0, limit - used);
  const reset = secondsUntil(resetsAt, now);
  return {
    "RateLimit-Policy": serializeList([
      [
        POLICY,
        new Map([
          ["q", limit],
          ["w", WINDOW_SECONDS],
        ]),
      ],
    ]),
    RateLimit: serializeList([
      [
        POLICY,
        new Map([
          ["r", remaining],
          ["t", reset],
        ]),
      ],
    ]),
    "x-ratelimit-limit-requests": String(limit),
    "x-ratelimit-remaining-requests": String(remaining),
    "x-ratelimit-reset-requests": `${reset}s`,
  };
}

/** Whole seconds from now until a time, at least 1. */
export function secondsUntil(time: number, now: number): number {
  return Math.max(1, Math.ceil((time - now) / 1000));
}
