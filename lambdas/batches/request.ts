import { createHash } from "node:crypto";
import * as z from "zod";
import type { RequestSchema } from "../generations/request.ts";
import { requestHash } from "../generations/request-hash.ts";
import { MOST_INLINE } from "./record.ts";

const manifest = z
  .strictObject({
    bucket: z.string().min(1).max(63).meta({ description: "The service's own bucket." }),
    key: z
      .string()
      .min(1)
      .max(1024)
      .meta({ description: "`manifests/OWNER/…`", example: "manifests/shop/july.jsonl" }),
  })
  .meta({
    id: "Manifest",
    description: "JSON lines or CSV in S3, one picture a line: up to 10,000 lines and 32 MiB.",
  });

/** The schema of a batch: generations inline, or a manifest that names them. */
export function batchRequestSchema(schema: RequestSchema) {
  return z
    .strictObject({
      items: z
        .array(schema)
        .min(1, { error: "must have at least one item" })
        .max(MOST_INLINE, { error: `must have at most ${MOST_INLINE} items: use a manifest for more` })
        .optional()
        .meta({ description: "What to create: 1 to 100 create bodies." }),
      manifest: manifest.optional(),
      metadata: schema.in.shape.metadata,
    })
    .superRefine(({ items, manifest }, context) => {
      if ((items === undefined) === (manifest === undefined))
        context.addIssue({ code: "custom", message: "must have either items or a manifest" });
    })
    .meta({ id: "CreateBatch" });
}

/** A checked batch request. */
export type BatchRequest = z.output<ReturnType<typeof batchRequestSchema>>;

/** Tells whether two requests with one idempotency key are the same batch. */
export function batchHash({ items = [], manifest, metadata }: BatchRequest): string {
  const pairs = Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : 1));
  const named = manifest === undefined ? null : [manifest.bucket, manifest.key];
  const intent = [items.map(requestHash), named, pairs];
  return createHash("sha256").update(JSON.stringify(intent)).digest("hex");
}
