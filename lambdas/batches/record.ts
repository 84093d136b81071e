import * as z from "zod";

/** RFC 3339 UTC with milliseconds, so that texts compare as times do. */
const time = z.iso.datetime({ precision: 3 });

const lineFaults = z.object({
  line: z.int(),
  errors: z.array(z.object({ pointer: z.string(), detail: z.string() })),
});

const common = {
  id: z.string(),
  /** Raised by every step; the condition of every write. */
  version: z.int(),
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
  faults: z.array(lineFaults),
};

const accepted = z.object({
  ...common,
  state: z.literal("accepted"),
  due_at: time,
  /** How often the reconciler had to send it to the expander again since its last checkpoint. */
  requeues: z.int(),
});
const expanded = z.object({ ...common, state: z.literal("expanded"), ended_at: time });
const failed = z.object({
  ...common,
  state: z.literal("failed"),
  ended_at: time,
  error: z.object({ code: z.enum(["invalid_request", "internal"]), message: z.string() }),
});

/** A batch as the table keeps it: what was asked, and how far its generations have been made. */
export const batchSchema = z.discriminatedUnion("state", [accepted, expanded, failed]);

export type Batch = z.infer<typeof batchSchema>;
export type AcceptedBatch = z.infer<typeof accepted>;
export type LineFaults = z.infer<typeof lineFaults>;

/** What its batch knows of a generation. */
export interface Member {
  readonly status: string;
  readonly billed: string;
  readonly price: string;
  readonly completedAt: string | null;
}

/** Lines of a batch, at most; those of one request are fewer. */
export const MOST_LINES = 10_000;
export const MOST_INLINE = 100;
/** Bytes of a manifest, and of a line: no more than a request to create one generation may have. */
export const MOST_MANIFEST_BYTES = 32 * 1024 * 1024;
export const MOST_LINE_BYTES = 64 * 1024;
