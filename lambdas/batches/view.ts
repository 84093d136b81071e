import * as z from "zod";
import { faultSchema } from "../http/problem-schema.ts";
import { idForKey, lineKeyOf } from "../platform/ids.ts";
import { amountOf, millionthsOf } from "../platform/money.ts";
import { billedSchema, PROBLEMS } from "../platform/problems.ts";
import type { Batch, LineFaults, Member } from "./record.ts";

const count = z.int();

const countsView = z
  .object({
    total: count,
    queued: count,
    running: count,
    succeeded: count,
    failed: count,
    canceled: count,
    expired: count,
    invalid: count.meta({ description: "Lines that no generation was made from." }),
  })
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
    generation_id: z.string().nullable(),
    errors: z.array(faultSchema),
  })
  .meta({ id: "BatchItem", description: "A line, and what was made from it." });

/** A batch as callers see it. */
export const batchView = z
  .object({
    id: z.string(),
    object: z.literal("batch"),
    status: z.enum(["processing", "completed", "failed"]).meta({ id: "BatchStatus" }),
    created_at: z.iso.datetime(),
    completed_at: z.iso.datetime().nullable(),
    deadline: z.iso.datetime(),
    counts: countsView,
    usage: usageView,
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
        generations: z.string().meta({ description: "Your generations since the batch was created." }),
      })
      .meta({ id: "BatchUrls", description: "Where it is, and what belongs to it." }),
  })
  .meta({ id: "Batch" });

export type BatchView = z.infer<typeof batchView>;

const OPEN = { queued: 0, running: 0 };
const ENDED = { succeeded: 0, failed: 0, canceled: 0, expired: 0 };

/**
 * A batch and what became of its generations. A line whose generation the index does not show yet counts as queued,
 * so that the counts always add up and a batch is never called complete too soon. `root` is where its addresses begin.
 */
export function viewOfBatch(batch: Batch, members: readonly Member[], root: string): BatchView {
  const counts = countsOf(batch, members);
  const open = batch.state === "accepted" || counts.queued + counts.running > 0;
  const ends = [
    ...(batch.state === "accepted" ? [] : [batch.ended_at]),
    ...members.flatMap(({ completedAt }) => completedAt ?? []),
  ];
  const self = `${root}/batches/${batch.id}`;
  return {
    id: batch.id,
    object: "batch",
    status: batch.state === "failed" ? "failed" : open ? "processing" : "completed",
    created_at: batch.created_at,
    completed_at: open ? null : (ends.sort().at(-1) ?? null),
    deadline: batch.deadline,
    counts,
    usage: usageOf(batch, members),
    error:
      batch.state === "failed" ? { ...batch.error, retryable: PROBLEMS[batch.error.code].retryable } : null,
    items: itemsOf(batch),
    metadata: batch.metadata,
    urls: { self, generations: `${root}/generations?created_after=${batch.created_at}` },
  };
}

function countsOf(batch: Batch, members: readonly Member[]): BatchView["counts"] {
  const by = { ...OPEN, ...ENDED };
  for (const { status } of members) if (isStatus(status, by)) by[status]++;
  // A batch that failed will make no further generations of the lines it did not come to.
  const total =
    batch.state === "failed"
      ? batch.invalid + members.length
      : Math.max(batch.total, batch.invalid + members.length);
  const others = by.running + by.succeeded + by.failed + by.canceled + by.expired;
  return { total, ...by, queued: total - batch.invalid - others, invalid: batch.invalid };
}

function isStatus<Counts extends object>(
  name: string,
  counts: Counts,
): name is Extract<keyof Counts, string> {
  return Object.hasOwn(counts, name);
}

function usageOf(batch: Batch, members: readonly Member[]): BatchView["usage"] {
  const paid = members.filter(({ billed }) => billed === "yes");
  const cost = paid.reduce((sum, { price }) => sum + millionthsOf(price), 0);
  const unknown = members.some(({ billed }) => billed === "unknown");
  return {
    images: members.filter(({ status }) => status === "succeeded").length,
    cost: amountOf(cost),
    currency: batch.currency,
    billed: unknown ? "unknown" : paid.length > 0 ? "yes" : "no",
  };
}

function itemsOf({ id, owner, source, faults }: Batch): LineView[] {
  const invalid = (found: LineFaults): LineView => ({ ...found, generation_id: null });
  if (source.kind === "manifest") return faults.map(invalid);
  return source.lines.map((_, index) => {
    const line = index + 1;
    const fault = faults.find((found) => found.line === line);
    if (fault !== undefined) return invalid(fault);
    return { line, generation_id: idForKey(owner, lineKeyOf(id, line)), errors: [] };
  });
}

type LineView = BatchView["items"][number];
