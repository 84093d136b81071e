import * as z from "zod";
import type { Member } from "../generations/member.ts";
import { faultSchema } from "../http/problem-schema.ts";
import { idForKey, lineKeyOf } from "../platform/ids.ts";
import { billedSchema, PROBLEMS } from "../platform/problem-table.ts";
import { countsOf, usageOf } from "./counts.ts";
import { type Batch, countsSchema, type LineFaults } from "./record.ts";

const count = z.int();

const countsView = countsSchema
  .extend({ invalid: count.meta({ description: "Lines that no generation was made from." }) })
  .meta({
    id: "BatchCounts",
    description: "`total` is the sum of the others; 0 as long as a manifest has not been read.",
  });

const usageView = z
  .object({
    images: count,
    cost: z.string().meta({ description: "What is known to be billed so far, a decimal." }),
    currency: z.string(),
    billed: billedSchema.meta({
      description: "`unknown` where an answer is not here, or lost: then more may be billed.",
    }),
  })
  .meta({ id: "BatchUsage", description: "What it has cost." });

const itemView = z
  .object({
    line: count.meta({ description: "Counted from 1." }),
    custom_id: z.string().nullable().meta({ description: "The caller's own name of the line." }),
    generation_id: z.string().nullable(),
    errors: z.array(faultSchema),
  })
  .meta({ id: "BatchItem", description: "A line, and what was made from it." });

const resultsView = z
  .object({
    bucket: z.string(),
    key: z.string(),
    url: z.url().meta({
      description:
        "A presigned address, valid until url_expires_at, unless the session of AWS that signed it ends before. Reading the batch again signs a new one.",
    }),
    url_expires_at: z.iso.datetime(),
  })
  .meta({
    id: "BatchResults",
    description:
      "JSON lines, one for each line of the batch, in its order: `line`, `custom_id`, `status` (of its generation, or `invalid`), `id`, `bucket`, `key`, `cost`, `billed`, `error`.",
  });

/** A batch as callers see it. */
export const batchView = z
  .object({
    id: z.string(),
    object: z.literal("batch"),
    status: z.enum(["processing", "completed", "failed", "canceled"]).meta({ id: "BatchStatus" }),
    created_at: z.iso.datetime(),
    canceled_at: z.iso.datetime().nullable().meta({
      description: "When it was canceled. It is `processing` until what was running has ended.",
    }),
    completed_at: z.iso.datetime().nullable(),
    deadline: z.iso.datetime(),
    counts: countsView,
    usage: usageView,
    results: resultsView.nullable().meta({
      description: "What became of each line; null until all have ended, and where there is none.",
    }),
    error: z
      .object({ code: z.string(), message: z.string(), retryable: z.boolean() })
      .meta({ id: "BatchError", description: "Why it failed as a whole." })
      .nullable(),
    items: z
      .array(itemView)
      .meta({ description: "Every item sent inline; of a manifest the first invalid lines." }),
    metadata: z.record(z.string(), z.string()),
    urls: z
      .object({
        self: z.string(),
        generations: z.string().meta({ description: "The generations of the batch." }),
        cancel: z.string(),
      })
      .meta({ id: "BatchUrls", description: "Where it is, and what belongs to it." }),
  })
  .meta({ id: "Batch" });

export type BatchView = z.infer<typeof batchView>;

/**
 * A batch and what became of its generations; of a settled one they need not be known. It is over once its results are
 * written. `root` is where its addresses begin.
 */
export function viewOfBatch(
  batch: Batch,
  members: readonly Member[],
  { root, results }: { root: string; results: BatchView["results"] },
): BatchView {
  const settled = batch.state === "accepted" ? null : batch.settled;
  const { counts, usage } = settled ?? { counts: countsOf(batch, members), usage: usageOf(members) };
  const self = `${root}/batches/${batch.id}`;
  return {
    id: batch.id,
    object: "batch",
    status: settled === null && batch.state !== "failed" ? "processing" : endOf(batch),
    created_at: batch.created_at,
    canceled_at: batch.canceled_at,
    completed_at: settled?.at ?? null,
    deadline: batch.deadline,
    counts,
    usage: { ...usage, currency: batch.currency },
    results,
    error:
      batch.state === "failed" ? { ...batch.error, retryable: PROBLEMS[batch.error.code].retryable } : null,
    items: itemsOf(batch),
    metadata: batch.metadata,
    urls: { self, generations: `${root}/generations?batch=${batch.id}`, cancel: `${self}/cancel` },
  };
}

function endOf({ state, canceled_at }: Batch): BatchView["status"] {
  if (state === "failed") return "failed";
  return canceled_at === null ? "completed" : "canceled";
}

function itemsOf({ id, edition, owner, source, faults }: Batch): LineView[] {
  const invalid = ({ line, custom_id, errors }: LineFaults): LineView => ({
    line,
    custom_id,
    generation_id: null,
    errors,
  });
  if (source.kind === "manifest") return faults.map(invalid);
  return source.lines.map((_, index) => {
    const line = index + 1;
    const fault = faults.find((found) => found.line === line);
    if (fault !== undefined) return invalid(fault);
    const generation_id = idForKey(owner, lineKeyOf(id, line, edition));
    return { line, custom_id: null, generation_id, errors: [] };
  });
}

type LineView = BatchView["items"][number];
