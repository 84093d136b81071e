import { objects } from "../platform/clients/objects.ts";
import { required } from "../platform/environment.ts";
import { createManifests } from "./manifests.ts";
import { createBatchResults } from "./results.ts";

/** What this deployment's bucket holds of batches. */
export const manifests = createManifests(objects, required("BUCKET_NAME"));
export const results = createBatchResults(objects, required("BUCKET_NAME"));
