import * as z from "zod";
import { billedOf } from "../generations/billed.ts";
import { provenanceOf } from "../generations/image-view.ts";
import { problemOfEnd } from "../generations/problem-of-end.ts";
import type { EndedGeneration, Generation, StoredImage } from "../generations/record.ts";
import type { ImageAddresses } from "../images/addresses.ts";
import type { ImageStore } from "../images/bucket.ts";
import { ServiceError } from "../platform/service-error.ts";

const picture = z
  .object({ url: z.url().optional(), b64_json: z.string().optional() })
  .meta({ id: "OpenAiImage", description: "A picture, by its address or in base 64." });

/** Pictures in OpenAI's shape. */
export const answerSchema = z
  .object({
    created: z.int().meta({ description: "Unix time in seconds." }),
    data: z.array(picture).length(1),
  })
  .meta({ id: "OpenAiImages" });

export type OpenAiAnswer = z.input<typeof answerSchema>;

/** Base 64 makes four bytes of three, and the answer must stay below Lambda's 6 MB. */
const MOST_INLINE_BYTES = 4_400_000;

/**
 * The picture of an ended generation, by its address or as it is.
 *
 * @throws ServiceError where it has none, or one that is too large to be answered as it is
 */
export async function answerOf(
  generation: EndedGeneration,
  { response_format }: { readonly response_format?: "url" | "b64_json" | null | undefined },
  { images }: { readonly images: Pick<ImageAddresses, "address"> & Pick<ImageStore, "bytes"> },
): Promise<OpenAiAnswer> {
  const image = imageOf(generation);
  const created = Math.floor(Date.parse(generation.completed_at) / 1000);
  if (response_format !== "b64_json") {
    const { url } = await images.address(image);
    return { created, data: [{ url }] };
  }
  if (image.bytes > MOST_INLINE_BYTES)
    throw new ServiceError("invalid_request", {
      detail: `The picture has ${image.bytes} bytes, too many for b64_json. It is painted and stored: GET ${instanceOf(generation)}/image answers its address.`,
      errors: [
        { pointer: "#/response_format", detail: "cannot hold so large a picture; fetch the stored one" },
      ],
      instance: instanceOf(generation),
      billed: "yes",
    });
  return { created, data: [{ b64_json: Buffer.from(await images.bytes(image)).toString("base64") }] };
}

/** What OpenAI's shape has no place for: the size that was painted, and that the picture says how it was made. */
export function pictureHeaders(generation: EndedGeneration): Readonly<Record<string, string>> {
  const provenance = provenanceOf(generation);
  const marked = provenance !== null && provenance.marked.length > 0;
  return {
    ...(generation.input !== null && { "x-image-size": generation.input.size.replace("*", "x") }),
    ...(marked && { "x-digital-source-type": provenance.digital_source_type }),
  };
}

/** The one 503 of the contract: work waits for the provider's pace. */
export function notYet(generation: Generation): ServiceError {
  return new ServiceError("provider_throttled", {
    detail:
      "The picture has not finished within the wait. It is still being worked on: the same request, sent again by the SDK, joins it.",
    instance: instanceOf(generation),
    billed: billedOf(generation),
    retryable: true,
    retryAfterSeconds: 2,
  });
}

function imageOf(generation: EndedGeneration): StoredImage {
  const problem = problemOfEnd(generation);
  if (problem !== null) throw problem;
  if (generation.state === "succeeded" && generation.image !== null) return generation.image;
  throw new ServiceError("gone", {
    detail: "The picture was removed by its owner.",
    instance: instanceOf(generation),
    billed: billedOf(generation),
  });
}

function instanceOf({ id }: { readonly id: string }): string {
  return `/v1/generations/${id}`;
}
