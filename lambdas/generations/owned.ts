import { GENERATION_ID } from "../platform/ids.ts";
import { ServiceError } from "../platform/service-error.ts";
import { type ReadNeeds, read } from "./read.ts";
import type { Generation } from "./record.ts";

/**
 * A generation of this owner.
 *
 * @throws ServiceError `not_found` when there is none of that id, or it is another owner's: the answer does not tell which
 */
export async function owned(id: string, owner: string, dependencies: ReadNeeds): Promise<Generation> {
  const generation = GENERATION_ID.test(id) ? await read(id, dependencies) : null;
  if (generation === null || generation.owner !== owner)
    throw new ServiceError("not_found", { detail: "You have no generation of this id." });
  return generation;
}
