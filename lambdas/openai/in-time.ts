import { billedOf } from "../generations/billed.ts";
import type { Generation, Queued } from "../generations/record.ts";
import { type EstimateNeeds, estimateStart } from "../generations/start-estimate.ts";
import type { GenerationStore } from "../generations/table.ts";
import { cancel } from "../generations/transitions/queued.ts";
import { ServiceError } from "../platform/service-error.ts";
import type { Offer } from "../providers/registry.ts";

/** What telling whether a picture comes in time takes. */
export interface InTimeNeeds extends EstimateNeeds {
  readonly generations: Pick<GenerationStore, "firstQueued" | "get" | "save">;
  /** How long an SDK waits with all its re-sends, in seconds. */
  readonly sdkPatienceSeconds: number;
  readonly offer: { readonly provider: Pick<Offer["provider"], "usualCallSeconds"> };
  readonly sleep: (milliseconds: number) => Promise<void>;
}

/** A picture that cannot come while its SDK still asks for it: sent again at once, the request would fare no better. */
export class NotInTime extends ServiceError {}

/** The record tells of a refused account a moment before the pacer does. */
const PAUSE_MS = 500;

/** Why a queued generation cannot start while its SDK still asks for it; null where it may. */
export function lateness(generation: Queued, dependencies: InTimeNeeds): Promise<NotInTime | null> {
  return latenessAfter(dependencies.sdkPatienceSeconds, generation, dependencies);
}

/** Why a generation that could still be refused is not likely to end while its SDK asks for it; null where it is. */
export function latenessOfNew(generation: Queued, dependencies: InTimeNeeds): Promise<NotInTime | null> {
  const { sdkPatienceSeconds, offer } = dependencies;
  const latest = Math.max(0, sdkPatienceSeconds - offer.provider.usualCallSeconds);
  return latenessAfter(latest, generation, dependencies);
}

async function latenessAfter(
  latestStartSeconds: number,
  generation: Queued,
  dependencies: InTimeNeeds,
): Promise<NotInTime | null> {
  const told = isToldOfPause(generation);
  let estimate = await estimateStart(generation, dependencies);
  if (told && estimate.paused === null) {
    await dependencies.sleep(PAUSE_MS);
    estimate = await estimateStart(generation, dependencies);
  }
  const { paused, startsAt, retryAfterSeconds } = estimate;
  const known = { instance: `/v1/generations/${generation.id}`, billed: billedOf(generation) };
  if (paused === "operator")
    return new NotInTime("provider_misconfigured", {
      ...known,
      detail:
        "The provider refuses the service's account: its operator must act. Nothing is painted for this request.",
    });
  const start = startsAt === null ? dependencies.now() : Date.parse(startsAt);
  if (start <= Date.parse(generation.created_at) + latestStartSeconds * 1000) return null;
  return new NotInTime("provider_throttled", {
    ...known,
    detail:
      "The queue for the provider is longer than this request can wait. Nothing is painted for it; POST /v1/generations accepts work of any length.",
    retryable: true,
    retryAfterSeconds,
  });
}

/** Whether the last answer that it got was a refusal of the service's account. */
export function isToldOfPause(generation: Generation): boolean {
  return generation.state === "queued" && generation.waiting?.reason === "provider_paused";
}

/** Refuses a request whose generation, not written yet, is not likely to end in time. @throws NotInTime */
export async function refuseIfLate(planned: Queued, dependencies: InTimeNeeds): Promise<void> {
  const late = await latenessOfNew(planned, dependencies);
  if (late !== null) throw late;
}

const MOST_TRIES = 8;

/** Cancels it while it is queued, so that nothing is painted that its caller was told has failed; answers it as it is then. */
export async function withdraw(
  generation: Queued,
  { generations, now }: Pick<InTimeNeeds, "generations" | "now">,
): Promise<Generation> {
  let latest: Generation = generation;
  for (let attempt = 0; attempt < MOST_TRIES && latest.state === "queued"; attempt++) {
    const canceled = cancel(latest, now());
    if (await generations.save(canceled)) return canceled;
    latest = (await generations.get(generation.id)) ?? latest;
  }
  return latest;
}
