import { addresses } from "../platform/clients/addresses.ts";
import { required } from "../platform/environment.ts";
import { createImageAddresses } from "./addresses.ts";

/** The addresses of this deployment's pictures, which need no client of S3. */
export const imageAddresses = createImageAddresses(addresses, required("BUCKET_NAME"));
