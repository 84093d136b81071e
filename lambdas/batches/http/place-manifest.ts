import * as z from "zod";
import { BODY_FAULTS, NO_HEADERS, NO_QUERY, operation } from "../../http/operation.ts";
import { json } from "../../http/reply.ts";
import type { ManifestUploads } from "../addresses.ts";
import { MOST_MANIFEST_BYTES } from "../record.ts";

const placeView = z
  .object({
    object: z.literal("manifest"),
    bucket: z.string(),
    key: z.string(),
    bytes: z.int(),
    method: z.literal("PUT"),
    url: z.url().meta({ description: "A presigned address, valid until url_expires_at." }),
    url_expires_at: z.iso.datetime(),
  })
  .meta({ id: "ManifestPlace", description: "A place for a manifest." });

/** `POST /v1/batches/manifests`: for callers who have an API key and no AWS account. */
export const placeManifest = operation({
  method: "POST",
  path: "/v1/batches/manifests",
  operationId: "placeManifest",
  tag: "Batches",
  summary: "Get a place for a manifest",
  description:
    'Answers an address to send the manifest to within 15 minutes: `PUT` it there as it is (`curl -T prompts.csv "$url"`), without the API key. The address takes exactly as many bytes as were named. Then create the batch with `{"manifest": {"bucket": …, "key": …}}` from the answer. Nothing is painted before that.',
  requestHeaders: NO_HEADERS,
  query: NO_QUERY,
  body: z
    .strictObject({
      bytes: z
        .int()
        .min(1)
        .max(MOST_MANIFEST_BYTES)
        .meta({ description: "The size of the manifest: up to 32 MiB.", example: 48213 }),
    })
    .meta({ id: "PlaceManifest" }),
  answers: {
    201: {
      description: "A place for it.",
      schema: placeView,
    },
  },
  problems: BODY_FAULTS,
  async handle(
    { caller, body: { bytes } },
    { manifestUploads }: { readonly manifestUploads: ManifestUploads },
  ) {
    const { bucket, key, url, expiresAt } = await manifestUploads.place(caller.owner, bytes);
    return json(201, {
      object: "manifest",
      bucket,
      key,
      bytes,
      method: "PUT",
      url,
      url_expires_at: expiresAt,
    });
  },
});
