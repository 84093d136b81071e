import { fromEnv } from "@aws-sdk/credential-provider-env";
import { createObjectAddresses } from "../object-addresses.ts";

/** Signs addresses of objects with this function's own rights, in its region. */
export const addresses = createObjectAddresses({
  region: process.env["AWS_REGION"] ?? "",
  endpoint: process.env["AWS_ENDPOINT_URL_S3"] ?? process.env["AWS_ENDPOINT_URL"],
  credentials: fromEnv(),
  now: Date.now,
});
