import * as z from "zod";
import type { Generation } from "./record.ts";

/** What a generation that has not ended waits for: who can do something about it, by reason. */
const WAITS_FOR = {
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

const REASONS: readonly [WaitingReason, ...WaitingReason[]] = [
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

/** `waiting` as callers see it; null once the generation has ended. */
export const waitingView = z
  .object({
    for: z.enum(["slot", "provider", "operator", "image", "retry"]),
    reason: z.enum(REASONS),
    detail: z.string(),
    since: z.iso.datetime(),
    tries: z.int(),
    next_at: z.iso
      .datetime()
      .nullable()
      .meta({ description: "When the next step is due; null while nobody knows." }),
  })
  .nullable()
  .meta({ id: "Waiting", description: "What it waits for, since when and until when." });

export type WaitingView = z.infer<typeof waitingView>;

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

/** What is known of the queue when a generation is shown. */
export interface QueueOutlook {
  readonly estimatedStartAt: string | null;
  /** Why nobody asks the provider at present; null while calls go out. */
  readonly paused: "operator" | "outage" | null;
}

/** What a generation waits for, as a caller reads it; null once it has ended. */
export function waitingOf(generation: Generation, outlook: QueueOutlook): WaitingView {
  switch (generation.state) {
    case "queued":
      return whileQueued(generation, outlook);
    case "submitting":
      return shown(
        {
          reason: "painting",
          detail: "The provider is asked and has not answered yet.",
          since: generation.submitted_at,
          tries: generation.attempts,
        },
        generation.lease_until,
      );
    case "painted": {
      const fetching: WaitingRecord = {
        reason: "image_fetching",
        detail: "Painted; the picture is being fetched.",
        since: generation.next_fetch_at,
        tries: generation.fetches,
      };
      return shown(generation.waiting ?? fetching, generation.next_fetch_at);
    }
    default:
      return null;
  }
}

function whileQueued(
  generation: Extract<Generation, { state: "queued" }>,
  { estimatedStartAt, paused }: QueueOutlook,
): WaitingView {
  const own = generation.waiting;
  if (paused === "operator")
    return shown(
      {
        reason: "provider_paused",
        detail:
          "The provider refuses the service's account; its operator must act. The generation keeps its place.",
        since: own?.reason === "provider_paused" ? own.since : generation.not_before,
        tries: own?.tries ?? 0,
      },
      null,
    );
  if (paused === "outage")
    return shown(
      {
        reason: "provider_unavailable",
        detail: "The provider is not working at present; it is tried again from time to time.",
        since: own?.reason === "provider_unavailable" ? own.since : generation.not_before,
        tries: own?.tries ?? 0,
      },
      null,
    );
  if (own !== null) return shown(own, estimatedStartAt ?? generation.not_before);
  return shown(
    {
      reason: "in_line",
      detail: "It waits for its slot of the provider's quota.",
      since: generation.created_at,
      tries: generation.attempts,
    },
    estimatedStartAt,
  );
}

function shown(waiting: WaitingRecord, nextAt: string | null): WaitingView {
  const { reason, detail, since, tries } = waiting;
  return { for: WAITS_FOR[reason], reason, detail, since, tries, next_at: nextAt };
}
