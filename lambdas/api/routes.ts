import type { Region } from "../dashscope/models.ts";
import { requestSchemaOf } from "../entry/catalogue.ts";
import type { Operation } from "./operation.ts";
import { cancelGeneration } from "./operations/cancel.ts";
import { createGeneration } from "./operations/create.ts";
import { createBatch } from "./operations/create-batch.ts";
import { docsPage } from "./operations/docs-page.ts";
import { health } from "./operations/health.ts";
import { getImage, headImage } from "./operations/image.ts";
import { listGenerations } from "./operations/list.ts";
import { listModels } from "./operations/models.ts";
import { createOpenAiImage } from "./operations/openai-images.ts";
import { openapi } from "./operations/openapi.ts";
import { readGeneration } from "./operations/read.ts";
import { readBatch } from "./operations/read-batch.ts";
import { removeGeneration } from "./operations/remove.ts";

/** The route table: what is answered, and what the OpenAPI document says. */
export function routesOf(region: Region): readonly Operation[] {
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
