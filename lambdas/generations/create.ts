import type { Lane } from "../pacing/lanes.ts";
import { DEFAULT_DEADLINE_SECONDS } from "../platform/duration.ts";
import { ServiceError } from "../platform/service-error.ts";
import { type Offer, priceIn } from "../providers/registry.ts";
import { accept } from "./accept.ts";
import type { Generation, Queued } from "./record.ts";
import { type CreateRequest, warningsOf } from "./request.ts";
import { requestHash } from "./request-hash.ts";
import type { Standing } from "./standing.ts";
import type { GenerationStore } from "./table.ts";

/** Who asks for a picture, and how. */
export interface Intent extends Partial<Standing> {
  readonly request: CreateRequest;
  readonly owner: string;
  readonly lane: Lane;
  readonly idempotencyKey: string | null;
  /** Where in the caller's input the key stood. */
  readonly keyPointer?: string;
  readonly deadlineSeconds?: number;
  readonly taskToken?: string;
  /** The batch that it is a line of, and what its caller calls that line. */
  readonly batch?: { readonly id: string; readonly customId: string | null };
}

export interface CreateNeeds {
  readonly generations: Pick<GenerationStore, "insert">;
  readonly offer: Offer;
  /** Requests per minute that the environment has for a model. */
  readonly quotaOf: (model: string) => number;
  readonly now: () => number;
  readonly random: () => number;
}

/** A generation, and whether it was there before: then this request is a repetition. */
export interface Created {
  readonly generation: Generation;
  readonly replayed: boolean;
}

/**
 * Of one owner's, each stands so many of the quota's intervals behind the one before: more than one, as the owner gets not
 * every slot, and its place must not fall behind the clock.
 */
const PLACES_APART = 1.5;

/** The generation that an intent stands for, before it is written. */
export function plan(
  intent: Intent,
  { offer, quotaOf, now, random }: Omit<CreateNeeds, "generations">,
): Queued {
  const { request, owner, lane, idempotencyKey } = intent;
  const model = offer.modelOf(request.model);
  const price = priceIn(offer, request.model, request.size);
  if (model === null || price === null)
    throw new ServiceError("internal", { detail: "The model is not offered." });
  return accept({
    request,
    owner,
    lane,
    idempotencyKey,
    deadlineSeconds: intent.deadlineSeconds ?? DEFAULT_DEADLINE_SECONDS,
    warnings: warningsOf(request, model),
    region: offer.region,
    price,
    taskToken: intent.taskToken ?? null,
    batch: intent.batch,
    ahead: intent.ahead,
    lastPlace: intent.lastPlace,
    spacing: (PLACES_APART * 60_000) / quotaOf(model.id),
    now: now(),
    random,
  });
}

/**
 * Accepts an intent once, however often it is sent: one conditional put, keyed by owner and idempotency key.
 *
 * @throws ServiceError `idempotency_key_reused` when the key belongs to another request of the owner
 */
export async function create(intent: Intent, dependencies: CreateNeeds): Promise<Created> {
  const planned = plan(intent, dependencies);
  const existing = await dependencies.generations.insert(planned);
  if (existing === null) return { generation: planned, replayed: false };
  if (existing.request_hash !== requestHash(intent.request))
    throw new ServiceError("idempotency_key_reused", {
      detail: `This idempotency key belongs to ${existing.id}, which was created with another body.`,
      instance: `/v1/generations/${existing.id}`,
      errors: [
        { pointer: intent.keyPointer ?? "#/headers/idempotency-key", detail: "belongs to another request" },
      ],
    });
  return { generation: existing, replayed: true };
}
