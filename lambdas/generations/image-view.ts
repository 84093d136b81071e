import * as z from "zod";
import { IMAGE_TYPES } from "../images/image-type.ts";
import { DIGITAL_SOURCE_TYPE } from "../images/marking.ts";
import type { ObjectAddress } from "../platform/object-addresses.ts";
import type { Generation } from "./record.ts";

const fields = {
  content_type: z
    .enum(IMAGE_TYPES)
    .meta({ id: "ImageType" })
    .meta({ description: "PNG, unless the provider delivered something else: warnings say so." }),
  width: z.int(),
  height: z.int(),
  bytes: z.int(),
  sha256: z.string(),
  bucket: z.string(),
  key: z.string(),
  url: z.url().meta({
    description:
      "A presigned address, valid until url_expires_at, unless the session of AWS that signed it ends before. `urls.image` signs a new one at every request.",
  }),
  url_expires_at: z.iso.datetime(),
};

export const imageView = z.object(fields).meta({ id: "GenerationImage", description: "A stored picture." });

export const indexedImageView = z
  .object({ index: z.int().meta({ description: "Counted from 0." }), ...fields })
  .meta({ id: "GenerationIndexedImage", description: "One of the pictures." });

export const provenanceView = z
  .object({
    digital_source_type: z.string().meta({
      description: "IPTC's word for how the picture was made.",
      example: DIGITAL_SOURCE_TYPE,
    }),
    marked: z
      .array(z.string())
      .meta({ description: "Marks that the service added to the file: `iptc`, or none." }),
    source_sha256: z.string().meta({ description: "Of what came from the provider, before any mark." }),
  })
  .meta({ id: "Provenance", description: "Where the picture comes from." });

/** The stored picture, with its presigned address; null without either. */
export function imageOf(
  generation: Generation,
  address: ObjectAddress | null,
): z.infer<typeof imageView> | null {
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

/** What the stored picture says of its making; null without a picture. */
export function provenanceOf(generation: Generation): z.infer<typeof provenanceView> | null {
  if (generation.state !== "succeeded" || generation.image === null) return null;
  const { marked, source_sha256, sha256 } = generation.image;
  return { digital_source_type: DIGITAL_SOURCE_TYPE, marked, source_sha256: source_sha256 ?? sha256 };
}
