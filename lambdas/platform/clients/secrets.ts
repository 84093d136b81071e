import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { CALLS } from "../call-limits.ts";

/** The client of Secrets Manager, one for a process. */
export const secrets = new SecretsManagerClient(CALLS);
