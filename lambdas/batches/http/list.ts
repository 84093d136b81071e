import * as z from "zod";
import type { Cursors } from "../../http/cursor.ts";
import { NO_BODY, NO_HEADERS, operation } from "../../http/operation.ts";
import { pageQuery, pageReply, pageSchema } from "../../http/page.ts";
import type { BatchStore } from "../table.ts";
import { batchView } from "../view.ts";
import { type PresentBatchNeeds, presentBatch } from "./reply.ts";

type ListBatchesNeeds = PresentBatchNeeds & {
  readonly batches: Pick<BatchStore, "page">;
  readonly cursors: Cursors;
};

/** `GET /v1/batches`. */
export const listBatches = operation({
  method: "GET",
  path: "/v1/batches",
  operationId: "listBatches",
  tag: "Batches",
  summary: "List your batches",
  description:
    "Newest first. `next_cursor` leads to the next page, as does the `Link` header. What was created within the last moments may not be listed yet.",
  requestHeaders: NO_HEADERS,
  query: z.strictObject(pageQuery),
  body: NO_BODY,
  answers: {
    200: {
      description: "A page of your batches.",
      schema: pageSchema(batchView).meta({ id: "BatchList" }),
      headers: ["Link"],
    },
  },
  problems: ["invalid_request"],
  async handle({ caller: { owner }, query: { limit, after }, request }, dependencies: ListBatchesNeeds) {
    const { cursors, batches } = dependencies;
    const binding = { owner, filters: ["batches"] };
    const from = after === undefined ? null : await cursors.read(after, binding);
    const page = await batches.page({ owner, after: from, limit });
    const data = await Promise.all(
      page.batches.map((batch) => presentBatch(batch, request.root, dependencies)),
    );
    const cursor = page.next === null ? null : await cursors.write(page.next, binding);
    return pageReply(
      { data, cursor },
      { root: request.root, path: "/batches", query: { limit: String(limit) } },
    );
  },
});
