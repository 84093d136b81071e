import * as z from "zod";
import type { Generation } from "./record.ts";
import { REASONS, WAITS_FOR, type WaitingRecord } from "./waiting.ts";

/** `waiting` as callers see it, of a generation that has not ended. */
export const waitingView = z
  .object({
    for: z
      .enum(["slot", "provider", "operator", "image", "retry"])
      .meta({ id: "WaitingFor", description: "Whose turn it is." }),
    reason: z.enum(REASONS).meta({ id: "WaitingReason", description: "Why it waits." }),
    detail: z.string(),
    since: z.iso.datetime(),
    tries: z.int(),
    next_at: z.iso
      .datetime()
      .nullable()
      .meta({ description: "When the next step is due; null while nobody knows." }),
  })
  .meta({ id: "Waiting", description: "What it waits for, since when and until when." });

export type WaitingView = z.infer<typeof waitingView> | null;

/** What is known of the queue when a generation is shown. */
export interface QueueOutlook {
  readonly estimatedStartAt: string | null;
  /** Why the provider is not asked at present; null while calls go out. */
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
