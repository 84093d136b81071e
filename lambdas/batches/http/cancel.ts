import { NO_BODY, NO_HEADERS, NO_QUERY, operation } from "../../http/operation.ts";
import { Contended } from "../../platform/service-error.ts";
import type { Expansions } from "../expansions.ts";
import type { Batch } from "../record.ts";
import { cancelBatch } from "../steps.ts";
import type { BatchStore } from "../table.ts";
import { batchView } from "../view.ts";
import { ownedBatch } from "./owned.ts";
import { type BatchReplyNeeds, batchReply } from "./reply.ts";

type CancelBatchNeeds = BatchReplyNeeds & {
  readonly batches: Pick<BatchStore, "get" | "save">;
  readonly expansions: Expansions;
  readonly now: () => number;
};

/** A checkpoint may come in between, one each hundred lines. */
const MOST_TRIES = 8;

/** `POST /v1/batches/{id}/cancel`. */
export const cancelBatchOperation = operation({
  method: "POST",
  path: "/v1/batches/{id}/cancel",
  operationId: "cancelBatch",
  tag: "Batches",
  summary: "Cancel a batch",
  description:
    "Ends what is still queued, and what no generation was made of yet; none of it is charged. What is running ends by itself: read the batch until `completed_at` is there. A batch that has ended stays as it ended. Safe to repeat.",
  requestHeaders: NO_HEADERS,
  query: NO_QUERY,
  body: NO_BODY,
  answers: {
    200: {
      description: "The batch as it is now: its generations are canceled within moments.",
      schema: batchView,
      headers: ["Retry-After"],
    },
  },
  problems: ["not_found", "conflict"],
  async handle({ caller, id, request }, dependencies: CancelBatchNeeds) {
    const batch = await canceled(id, caller.owner, dependencies);
    return batchReply(batch, { status: 200, root: request.root }, dependencies);
  },
});

/** The record says it first: no expander goes on from there. A message that is lost is sent again by the reconciler. */
async function canceled(id: string, owner: string, needs: CancelBatchNeeds): Promise<Batch> {
  const { batches, expansions, now } = needs;
  for (let attempt = 0; attempt < MOST_TRIES; attempt++) {
    const batch = await ownedBatch(id, owner, batches);
    if (batch.state !== "accepted" && batch.settled !== null) return batch;
    const next = batch.canceled_at === null ? cancelBatch(batch, now()) : batch;
    if (next !== batch && !(await batches.save(next))) continue;
    await expansions.send([{ id }]);
    return next;
  }
  throw new Contended();
}
