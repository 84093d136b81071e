import { NO_BODY, NO_HEADERS, NO_QUERY, operation } from "../../http/operation.ts";
import type { BatchStore } from "../table.ts";
import { batchView } from "../view.ts";
import { ownedBatch } from "./owned.ts";
import { type BatchReplyNeeds, batchReply } from "./reply.ts";

type ReadBatchNeeds = BatchReplyNeeds & { readonly batches: Pick<BatchStore, "get"> };

/** `GET /v1/batches/{id}`. */
export const readBatch = operation({
  method: "GET",
  path: "/v1/batches/{id}",
  operationId: "readBatch",
  tag: "Batches",
  summary: "Read a batch",
  description:
    "Progress and cost as they are now. It is `completed` once every line has been read, every generation of it has ended, however each of them ended, and `results` says what became of each line.",
  requestHeaders: NO_HEADERS,
  query: NO_QUERY,
  body: NO_BODY,
  answers: {
    200: {
      description: "The batch as it is now.",
      schema: batchView,
      headers: ["Retry-After"],
    },
  },
  problems: ["not_found"],
  async handle({ caller, id, request }, dependencies: ReadBatchNeeds) {
    const batch = await ownedBatch(id, caller.owner, dependencies.batches);
    return batchReply(batch, { status: 200, root: request.root }, dependencies);
  },
});
