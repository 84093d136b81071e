import { objects } from "../platform/clients/objects.ts";
import { required } from "../platform/environment.ts";
import { createImageStore } from "./bucket.ts";

/** The pictures of this deployment. */
export const images = createImageStore(objects, required("BUCKET_NAME"));
