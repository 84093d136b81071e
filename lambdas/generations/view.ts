import * as z from "zod";
import type { ImageAddress } from "../images/bucket.ts";
import { IMAGE_TYPES } from "../images/image-type.ts";
import { DIGITAL_SOURCE_TYPE } from "../images/marking.ts";
import { BILLED, providerRefusal } from "../platform/problems.ts";
import { billedOf } from "./billed.ts";
import { type Failure, type Generation, isOpen, STATUSES, statusOf } from "./record.ts";
import { inputSchema } from "./request.ts";
import { type QueueOutlook, waitingOf, waitingView } from "./waiting-view.ts";

const nullableTime = z.iso.datetime().nullable();

/** A generation as callers, workflows and events see it. The OpenAPI document comes from it. */
export const generationView = z
  .object({
    id: z.string(),
    object: z.literal("generation"),
    status: z.enum(STATUSES),
    model: z.string(),
    created_at: z.iso.datetime(),
    started_at: nullableTime,
    completed_at: nullableTime,
    deadline: z.iso.datetime(),
    estimated_start_at: nullableTime.meta({ description: "When a queued generation is likely to start." }),
    input: inputSchema.nullable().meta({ description: "What was asked; null once removed." }),
    image: z
      .object({
        content_type: z
          .enum(IMAGE_TYPES)
          .meta({ description: "PNG, unless the provider delivered something else: warnings say so." }),
        width: z.int(),
        height: z.int(),
        bytes: z.int(),
        sha256: z.string(),
        bucket: z.string(),
        key: z.string(),
        url: z.url().meta({ description: "A presigned address, valid until url_expires_at." }),
        url_expires_at: z.iso.datetime(),
      })
      .nullable(),
    waiting: waitingView,
    usage: z.object({
      images: z.int(),
      cost: z.string().nullable().meta({ description: "A decimal; null while it is unknown." }),
      currency: z.string(),
      billed: z.enum(BILLED),
    }),
    provider: z.object({ region: z.string(), request_id: z.string().nullable() }),
    provenance: z
      .object({
        digital_source_type: z.string().meta({
          description: "IPTC's word for how the picture was made.",
          example: DIGITAL_SOURCE_TYPE,
        }),
        marked: z.array(z.string()).meta({ description: "Marks in the file that say so: `iptc`, or none." }),
        source_sha256: z.string().meta({ description: "Of what came from the provider, before any mark." }),
      })
      .nullable()
      .meta({ id: "Provenance", description: "Where the picture comes from; null while there is none." }),
    attempts: z.int(),
    warnings: z.array(z.string()),
    metadata: z.record(z.string(), z.string()),
    error: z
      .object({
        code: z.string(),
        message: z.string(),
        retryable: z.boolean(),
        billed: z.enum(BILLED),
        provider: providerRefusal.nullable(),
      })
      .nullable(),
    urls: z.object({ self: z.string(), image: z.string(), cancel: z.string(), history: z.string() }),
  })
  .meta({ id: "Generation" });

export type GenerationView = z.infer<typeof generationView>;

/** Shows a generation to the outside: nothing of leases, tokens or source URLs. */
export function viewOf(
  generation: Generation,
  extras: QueueOutlook & { address: ImageAddress | null },
): GenerationView {
  const self = `/v1/generations/${generation.id}`;
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
    image: imageOf(generation, extras.address),
    waiting: waitingOf(generation, extras),
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

function imageOf(generation: Generation, address: ImageAddress | null): GenerationView["image"] {
  if (generation.state !== "succeeded" || generation.image === null || address === null) return null;
  const { content_type, width, height, bytes, sha256, bucket, key } = generation.image;
  return {
    content_type,
    width,
    height,
    bytes,
    sha256,
    bucket,
    key,
    url: address.url,
    url_expires_at: address.expiresAt,
  };
}

function provenanceOf(generation: Generation): GenerationView["provenance"] {
  if (generation.state !== "succeeded" || generation.image === null) return null;
  const { marked, source_sha256, sha256 } = generation.image;
  return { digital_source_type: DIGITAL_SOURCE_TYPE, marked, source_sha256: source_sha256 ?? sha256 };
}

function usageOf(generation: Generation): GenerationView["usage"] {
  const billed = billedOf(generation);
  const { amount, currency } = generation.price;
  const cost = { yes: amount, no: "0", unknown: null }[billed];
  return { images: generation.state === "succeeded" ? 1 : 0, cost, currency, billed };
}

function requestIdOf(generation: Generation): string | null {
  return "request_id" in generation ? generation.request_id : null;
}

function errorOf(generation: Generation): Failure | null {
  return "error" in generation ? generation.error : null;
}
