import { cancelBatchOperation } from "../batches/http/cancel.ts";
import { createBatch } from "../batches/http/create.ts";
import { listBatches } from "../batches/http/list.ts";
import { placeManifest } from "../batches/http/place-manifest.ts";
import { readBatch } from "../batches/http/read.ts";
import { readUsage } from "../budgets/http/usage.ts";
import { cancelGeneration } from "../generations/http/cancel.ts";
import { createGeneration } from "../generations/http/create.ts";
import { readHistory } from "../generations/http/history.ts";
import { getImage, getIndexedImage, headImage, headIndexedImage } from "../generations/http/image.ts";
import { listGenerations } from "../generations/http/list.ts";
import { readGeneration } from "../generations/http/read.ts";
import { removeGeneration } from "../generations/http/remove.ts";
import { createRequestSchema } from "../generations/request.ts";
import type { NeedsOf, Operation } from "../http/operation.ts";
import { consolePage } from "../http/pages/console-page.ts";
import { docsPage } from "../http/pages/docs-page.ts";
import { health } from "../http/pages/health.ts";
import { openapi } from "../http/pages/openapi.ts";
import { problemPage } from "../http/pages/problem-page.ts";
import { createOpenAiImage } from "../openai/images.ts";
import { listModels, readModel } from "../providers/http/models.ts";
import type { Offer } from "../providers/registry.ts";

/** What all operations together are made with; each names the few things that it needs. */
export type ApiNeeds = NeedsOf<ReturnType<typeof operations>[number]>;

/** The route table: what is answered, and what the OpenAPI document says. */
export function routesOf(offer: Offer): readonly Operation<ApiNeeds>[] {
  return operations(offer);
}

function operations(offer: Offer) {
  const schema = createRequestSchema(offer);
  return [
    createGeneration(schema),
    listGenerations,
    readGeneration,
    removeGeneration,
    getImage,
    headImage,
    getIndexedImage,
    headIndexedImage,
    readHistory,
    cancelGeneration,
    createBatch(schema),
    placeManifest,
    listBatches,
    readBatch,
    cancelBatchOperation,
    createOpenAiImage(schema, offer),
    listModels,
    readModel,
    readUsage,
    openapi,
    docsPage,
    consolePage,
    problemPage,
    health,
  ];
}
