import * as z from "zod";
import { lineOf } from "../platform/ids.ts";
import type { ObjectAddress } from "../platform/object-addresses.ts";
import { billedSchema } from "../platform/problem-table.ts";
import { providerRefusal } from "../platform/service-error.ts";
import { billedOf } from "./billed.ts";
import { chargesOf } from "./charges.ts";
import { imageOf, imageView, indexedImageView, provenanceOf, provenanceView } from "./image-view.ts";
import { type Failure, type Generation, isOpen, statusOf, statusSchema } from "./record.ts";
import { inputSchema } from "./request.ts";
import { type QueueOutlook, waitingOf, waitingView } from "./waiting-view.ts";

const nullableTime = z.iso.datetime().nullable();

const usageView = z
  .object({
    images: z.int(),
    cost: z.string().nullable().meta({ description: "A decimal; null while it is unknown." }),
    currency: z.string(),
    billed: billedSchema,
    possible_extra_charges: z.int().optional().meta({
      description:
        "How many earlier calls, whose answers were lost, may have been charged besides. Absent where none was.",
    }),
  })
  .meta({ id: "GenerationUsage", description: "What it cost." });

const errorView = z
  .object({
    code: z.string(),
    message: z.string(),
    retryable: z.boolean(),
    billed: billedSchema,
    provider: providerRefusal.nullable(),
  })
  .meta({ id: "GenerationError", description: "Why it ended without a picture." });

const batchPlace = z
  .object({
    id: z.string(),
    line: z.int().nullable().meta({ description: "Counted from 1." }),
    custom_id: z.string().nullable().meta({ description: "The caller's own name of the line." }),
  })
  .meta({ id: "BatchPlace", description: "Where in a batch it came from." });

/** A generation as callers, workflows and events see it. The OpenAPI document comes from it. */
export const generationView = z
  .object({
    id: z.string(),
    object: z.literal("generation"),
    status: statusSchema,
    model: z.string(),
    created_at: z.iso.datetime(),
    started_at: nullableTime,
    completed_at: nullableTime,
    deadline: z.iso.datetime(),
    estimated_start_at: nullableTime.meta({ description: "When a queued generation is likely to start." }),
    input: inputSchema.nullable().meta({ description: "What was asked; null once removed." }),
    image: imageView.nullable().meta({ description: "The first picture; null while there is none." }),
    images: z.array(indexedImageView).meta({ description: "Every picture, the first one too." }),
    waiting: waitingView.nullable().meta({ description: "What it waits for; null once it has ended." }),
    batch: batchPlace.nullable().meta({ description: "Its place in a batch; null outside of one." }),
    usage: usageView,
    provider: z
      .object({ region: z.string(), request_id: z.string().nullable() })
      .meta({ id: "GenerationProvider", description: "Who painted it, and under which request." }),
    provenance: provenanceView
      .nullable()
      .meta({ description: "Where the picture comes from; null while there is none." }),
    attempts: z.int(),
    warnings: z.array(z.string()),
    metadata: z.record(z.string(), z.string()),
    error: errorView.nullable(),
    urls: z
      .object({ self: z.string(), image: z.string(), cancel: z.string(), history: z.string() })
      .meta({ id: "GenerationUrls", description: "Where it is, and what can be done with it." }),
  })
  .meta({ id: "Generation" });

export type GenerationView = z.infer<typeof generationView>;

/** Shows a generation to the outside: nothing of leases, tokens or source URLs. `root` is where its addresses begin. */
export function viewOf(
  generation: Generation,
  extras: QueueOutlook & { address: ObjectAddress | null; root: string },
): GenerationView {
  const self = `${extras.root}/generations/${generation.id}`;
  const image = imageOf(generation, extras.address);
  return {
    id: generation.id,
    object: "generation",
    status: statusOf(generation),
    model: generation.model,
    created_at: generation.created_at,
    started_at: generation.started_at,
    completed_at: isOpen(generation) ? null : generation.completed_at,
    deadline: generation.deadline,
    estimated_start_at: generation.state === "queued" ? extras.estimatedStartAt : null,
    input: generation.input,
    image,
    images: image === null ? [] : [{ index: 0, ...image }],
    waiting: waitingOf(generation, extras),
    batch: batchOf(generation),
    usage: usageOf(generation),
    provider: { region: generation.region, request_id: requestIdOf(generation) },
    provenance: provenanceOf(generation),
    attempts: generation.attempts,
    warnings: generation.warnings,
    metadata: generation.metadata,
    error: errorOf(generation),
    urls: { self, image: `${self}/image`, cancel: `${self}/cancel`, history: `${self}/history` },
  };
}

function usageOf(generation: Generation): GenerationView["usage"] {
  const billed = billedOf(generation);
  const besides = chargesOf(generation) - 1;
  const { amount, currency } = generation.price;
  const cost = { yes: amount, no: "0", unknown: null }[billed];
  const images = generation.state === "succeeded" ? 1 : 0;
  return { images, cost, currency, billed, ...(besides > 0 && { possible_extra_charges: besides }) };
}

/** The key of an item holds its line. */
function batchOf({ batch_id, idempotency_key, custom_id }: Generation): GenerationView["batch"] {
  if (batch_id === null) return null;
  return { id: batch_id, line: lineOf(batch_id, idempotency_key)?.line ?? null, custom_id };
}

function requestIdOf(generation: Generation): string | null {
  return "request_id" in generation ? generation.request_id : null;
}

function errorOf(generation: Generation): Failure | null {
  return "error" in generation ? generation.error : null;
}
