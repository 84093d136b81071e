import { createBatch } from "../batches/http/create.ts";
import { readBatch } from "../batches/http/read.ts";
import { cancelGeneration } from "../generations/http/cancel.ts";
import { createGeneration } from "../generations/http/create.ts";
import { getImage, headImage } from "../generations/http/image.ts";
import { listGenerations } from "../generations/http/list.ts";
import { readGeneration } from "../generations/http/read.ts";
import { removeGeneration } from "../generations/http/remove.ts";
import type { NeedsOf, Operation } from "../http/operation.ts";
import { docsPage } from "../http/pages/docs-page.ts";
import { health } from "../http/pages/health.ts";
import { openapi } from "../http/pages/openapi.ts";
import { createOpenAiImage } from "../openai/images.ts";
import { requestSchemaOf } from "../providers/catalogue.ts";
import type { Region } from "../providers/dashscope/models.ts";
import { listModels } from "../providers/http/models.ts";

/** What all operations together are made with; each names the few things that it needs. */
export type ApiNeeds = NeedsOf<ReturnType<typeof operations>[number]>;

/** The route table: what is answered, and what the OpenAPI document says. */
export function routesOf(region: Region): readonly Operation<ApiNeeds>[] {
  return operations(region);
}

function operations(region: Region) {
  const schema = requestSchemaOf(region);
  return [
    createGeneration(schema),
    listGenerations,
    readGeneration,
    removeGeneration,
    getImage,
    headImage,
    cancelGeneration,
    createBatch(schema),
    readBatch,
    createOpenAiImage(schema),
    listModels,
    openapi,
    docsPage,
    health,
  ];
}
