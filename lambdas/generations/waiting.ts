import * as z from "zod";

/** What a generation that has not ended waits for: who can do something about it, by reason. */
export const WAITS_FOR = {
  in_line: "slot",
  painting: "provider",
  provider_throttled: "retry",
  provider_unavailable: "retry",
  provider_paused: "operator",
  image_fetching: "image",
  image_host_unknown: "operator",
  image_refused: "operator",
  storage_unavailable: "image",
} as const;

export type WaitingReason = keyof typeof WAITS_FOR;

export const REASONS: readonly [WaitingReason, ...WaitingReason[]] = [
  "in_line",
  "painting",
  "provider_throttled",
  "provider_unavailable",
  "provider_paused",
  "image_fetching",
  "image_host_unknown",
  "image_refused",
  "storage_unavailable",
];

/** RFC 3339 UTC with milliseconds, so that texts compare as times do. */
const time = z.iso.datetime({ precision: 3 });

/** Why a generation waits, as the record keeps it: written by the transition that made it wait. */
export const waitingRecord = z.object({
  reason: z.enum(REASONS),
  /** A sentence without secrets, prompts or addresses. */
  detail: z.string(),
  since: time,
  /** How often it was tried in vain, for this reason. */
  tries: z.int(),
});

export type WaitingRecord = z.infer<typeof waitingRecord>;

/** The wait after another try in vain: the same reason goes on, another begins anew. `now` in epoch milliseconds. */
export function waitAgain(
  before: WaitingRecord | null,
  { reason, detail, now }: { reason: WaitingReason; detail: string; now: number },
): WaitingRecord {
  const same = before?.reason === reason ? before : null;
  return {
    reason,
    detail,
    since: same?.since ?? new Date(now).toISOString(),
    tries: (same?.tries ?? 0) + 1,
  };
}
