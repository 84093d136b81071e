import * as z from "zod";
import { billedSchema } from "../platform/problem-table.ts";

/** RFC 3339 UTC with milliseconds, so that texts compare as times do. */
const time = z.iso.datetime({ precision: 3 });

export const lineFaultsSchema = z.object({
  line: z.int(),
  custom_id: z.string().nullable().default(null),
  code: z.string().default("invalid_request"),
  errors: z.array(z.object({ pointer: z.string(), detail: z.string() })),
});

const common = {
  id: z.string(),
  /** Raised by every step; the condition of every write. */
  version: z.int(),
  /** Tells it from an earlier batch of the same id, whose time was over; null in records of before there were any. */
  edition: z.string().nullable().default(null),
  owner: z.string(),
  idempotency_key: z.string().nullable(),
  request_hash: z.string(),
  metadata: z.record(z.string(), z.string()),
  created_at: time,
  /** When generations of it that are still queued expire. */
  deadline: time,
  currency: z.string(),
  /** One create body a line, in JSON: here, or in an object of the service's bucket as it was when it was named. */
  source: z.discriminatedUnion("kind", [
    z.object({ kind: z.literal("inline"), lines: z.array(z.string()) }),
    z.object({ kind: z.literal("manifest"), bucket: z.string(), key: z.string(), etag: z.string() }),
  ]),
  /** The checkpoint: the last line whose fate is in this record. */
  position: z.int(),
  /** Lines with something on them; 0 while a manifest has not been read. */
  total: z.int(),
  /** Lines that no generation was made from, up to the position. */
  invalid: z.int(),
  /** The first of them. */
  faults: z.array(lineFaultsSchema),
  /** The checkpoints whose invalid lines are kept, all of them, in an object of the bucket. */
  invalid_parts: z.array(z.int()).default([]),
  /** When its owner canceled it: what is queued then ends, and what is not made yet is made as canceled. */
  canceled_at: time.nullable().default(null),
};

const count = z.int();

/** How many lines came to what. `total` is the sum of the others. */
export const countsSchema = z.object({
  total: count,
  queued: count,
  running: count,
  succeeded: count,
  failed: count,
  canceled: count,
  expired: count,
  invalid: count,
});

/** Its end: every line has come to something, and the results say what. */
const settlement = z.object({
  at: time,
  /** The object with a line for each of its lines; null where it has none. */
  results_key: z.string().nullable(),
  counts: countsSchema,
  usage: z.object({ images: count, cost: z.string(), billed: billedSchema }),
});

/** Once all lines are read it is looked at again until it is settled. Records of before that have neither. */
const read = {
  ...common,
  ended_at: time,
  due_at: time.optional(),
  settled: settlement.nullable().default(null),
};

const accepted = z.object({
  ...common,
  state: z.literal("accepted"),
  due_at: time,
  /** How often the reconciler had to send it to the expander again since its last checkpoint. */
  requeues: z.int(),
});
const expanded = z.object({ ...read, state: z.literal("expanded") });
const failed = z.object({
  ...read,
  state: z.literal("failed"),
  error: z.object({ code: z.enum(["invalid_request", "internal"]), message: z.string() }),
});

/** A batch as the table keeps it: what was asked, and how far its generations have been made. */
export const batchSchema = z.discriminatedUnion("state", [accepted, expanded, failed]);

export type Batch = z.infer<typeof batchSchema>;
export type AcceptedBatch = z.infer<typeof accepted>;
/** All of whose lines have been read, or will never be. */
export type ReadBatch = Exclude<Batch, AcceptedBatch>;
export type Settlement = z.infer<typeof settlement>;
export type LineFaults = z.infer<typeof lineFaultsSchema>;

/** Lines of a batch, at most; those of one request are fewer. */
export const MOST_LINES = 10_000;
export const MOST_INLINE = 100;
/** Bytes of a manifest, and of a line: no more than a request to create one generation may have. */
export const MOST_MANIFEST_BYTES = 32 * 1024 * 1024;
export const MOST_LINE_BYTES = 64 * 1024;
