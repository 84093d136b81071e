import { NO_BODY, NO_HEADERS, NO_QUERY, operation } from "../../http/operation.ts";
import { empty } from "../../http/reply.ts";
import type { ImageStore } from "../../images/bucket.ts";
import { ServiceError } from "../../platform/problems.ts";
import { billedOf } from "../billed.ts";
import { owned } from "../owned.ts";
import type { ReadNeeds } from "../read.ts";
import { type Generation, isOpen, type StoredImage, statusOf } from "../record.ts";
import { type EstimateNeeds, estimateStart } from "../start-estimate.ts";

type ImageNeeds = ReadNeeds &
  EstimateNeeds & { readonly images: Pick<ImageStore, "address" | "headAddress"> };

const shared = {
  path: "/v1/generations/{id}/image",
  tag: "Generations",
  requestHeaders: NO_HEADERS,
  query: NO_QUERY,
  body: NO_BODY,
  answers: {
    302: { description: "The picture is at the presigned address in `Location`.", headers: ["Location"] },
  },
  problems: ["not_found", "conflict", "gone"],
} as const;

/** `GET /v1/generations/{id}/image`: an address that lasts as long as the picture. */
export const getImage = operation({
  ...shared,
  method: "GET",
  operationId: "getImage",
  summary: "Get the picture",
  description:
    "A stable address of the picture: it redirects to a presigned one that lives for an hour. 409 while there is no picture, or when the generation ended without one; 410 once it is removed.",
  async handle({ caller, id }, dependencies: ImageNeeds) {
    const image = await imageOf(await owned(id, caller.owner, dependencies), dependencies);
    const { url } = await dependencies.images.address(image);
    return empty(302, { Location: url });
  },
});

/** `HEAD` answers whether there is an image. The presigned address is for HEAD too. */
export const headImage = operation({
  ...shared,
  method: "HEAD",
  operationId: "headImage",
  summary: "Ask for the picture's headers",
  async handle({ caller, id }, dependencies: ImageNeeds) {
    const image = await imageOf(await owned(id, caller.owner, dependencies), dependencies);
    return empty(302, { Location: await dependencies.images.headAddress(image) });
  },
});

async function imageOf(generation: Generation, dependencies: EstimateNeeds): Promise<StoredImage> {
  const instance = `/v1/generations/${generation.id}`;
  const billed = billedOf(generation);
  if (generation.removed_at !== null)
    throw new ServiceError("gone", { detail: "The picture was removed by its owner.", instance, billed });
  if (generation.state === "succeeded" && generation.image !== null) return generation.image;
  if (!isOpen(generation))
    throw new ServiceError("conflict", {
      detail: `The generation ended as ${statusOf(generation)}, without a picture.`,
      instance,
      billed,
    });
  const { retryAfterSeconds } = await estimateStart(generation, dependencies);
  throw new ServiceError("conflict", {
    detail: "The generation has not finished; there is no picture yet.",
    instance,
    billed,
    retryable: true,
    retryAfterSeconds,
  });
}
