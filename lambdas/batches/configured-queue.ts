import { queues } from "../platform/clients/queues.ts";
import { required } from "../platform/environment.ts";
import { createExpansions } from "./expansions.ts";

/** This deployment's queue of batches that have to be taken further. */
export const expansions = createExpansions(queues, required("EXPANSION_QUEUE_URL"));
