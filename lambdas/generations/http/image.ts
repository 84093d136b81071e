import { NO_BODY, NO_HEADERS, NO_QUERY, operation } from "../../http/operation.ts";
import { empty } from "../../http/reply.ts";
import type { ImageAddresses } from "../../images/addresses.ts";
import { ServiceError } from "../../platform/service-error.ts";
import { billedOf } from "../billed.ts";
import { owned } from "../owned.ts";
import type { ReadNeeds } from "../read.ts";
import { type Generation, isOpen, type StoredImage, statusOf } from "../record.ts";
import { type EstimateNeeds, estimateStart } from "../start-estimate.ts";

type ImageNeeds = ReadNeeds &
  EstimateNeeds & { readonly images: Pick<ImageAddresses, "address" | "headAddress"> };

const shared = {
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
  path: "/v1/generations/{id}/image",
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
  path: "/v1/generations/{id}/image",
  method: "HEAD",
  operationId: "headImage",
  summary: "Ask for the picture's headers",
  description: "As GET, but the presigned address in `Location` is one for HEAD.",
  async handle({ caller, id }, dependencies: ImageNeeds) {
    const image = await imageOf(await owned(id, caller.owner, dependencies), dependencies);
    return empty(302, { Location: await dependencies.images.headAddress(image) });
  },
});

/** `GET /v1/generations/{id}/images/{index}`: the same for each picture. */
export const getIndexedImage = operation({
  ...shared,
  path: "/v1/generations/{id}/images/{index}",
  method: "GET",
  operationId: "getIndexedImage",
  summary: "Get one of the pictures",
  description:
    "The stable address of each picture, counted from 0: it redirects to a presigned one that lives for an hour. 404 beyond the last.",
  async handle({ caller, id, index }, dependencies: ImageNeeds) {
    const image = await indexedImageOf(await owned(id, caller.owner, dependencies), index, dependencies);
    const { url } = await dependencies.images.address(image);
    return empty(302, { Location: url });
  },
});

/** `HEAD` of each picture. */
export const headIndexedImage = operation({
  ...shared,
  path: "/v1/generations/{id}/images/{index}",
  method: "HEAD",
  operationId: "headIndexedImage",
  summary: "Ask for the headers of one of the pictures",
  description: "As GET, but the presigned address in `Location` is one for HEAD.",
  async handle({ caller, id, index }, dependencies: ImageNeeds) {
    const image = await indexedImageOf(await owned(id, caller.owner, dependencies), index, dependencies);
    return empty(302, { Location: await dependencies.images.headAddress(image) });
  },
});

async function indexedImageOf(
  generation: Generation,
  index: string,
  dependencies: EstimateNeeds,
): Promise<StoredImage> {
  const isIndex = /^(?:0|[1-9]\d{0,8})$/.test(index);
  // How many were asked for is forgotten with the input.
  if (!isIndex || Number(index) >= (generation.input?.n ?? Infinity)) throw noSuchImage();
  const first = await imageOf(generation, dependencies);
  if (Number(index) > 0) throw noSuchImage();
  return first;
}

function noSuchImage(): ServiceError {
  return new ServiceError("not_found", { detail: "The generation has no picture of this index." });
}

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
