import { BATCH_ID } from "../../platform/ids.ts";
import { ServiceError } from "../../platform/service-error.ts";
import type { Batch } from "../record.ts";
import type { BatchStore } from "../table.ts";

/**
 * A batch of this owner.
 *
 * @throws ServiceError `not_found` when there is none of that id, or it is another owner's: the answer does not tell which
 */
export async function ownedBatch(
  id: string,
  owner: string,
  batches: Pick<BatchStore, "get">,
): Promise<Batch> {
  const batch = BATCH_ID.test(id) ? await batches.get(id) : null;
  if (batch === null || batch.owner !== owner)
    throw new ServiceError("not_found", { detail: "You have no batch of this id." });
  return batch;
}
