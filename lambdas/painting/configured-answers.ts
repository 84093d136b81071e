import { addresses } from "../platform/clients/addresses.ts";
import { objects } from "../platform/clients/objects.ts";
import { required } from "../platform/environment.ts";
import { createKeptAnswers } from "./kept-answers.ts";

/** What this deployment's bucket holds of the provider's answers. */
export const answers = createKeptAnswers(objects, addresses, required("BUCKET_NAME"));
