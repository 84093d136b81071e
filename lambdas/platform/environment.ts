/**
 * The environment variables that the stack hands to the functions: one list, read on both sides.
 * `lib/` may only set names of this list, and `required()` may only read them, so a typo passes neither.
 */
export type EnvironmentVariable =
  | "TABLE_NAME"
  | "BUCKET_NAME"
  | "QUEUE_URL"
  | "DEAD_LETTER_QUEUE_URL"
  /** The queue of batches whose generations are to be made. */
  | "EXPANSION_QUEUE_URL"
  | "EVENT_BUS_NAME"
  /** ARN of the secret whose value is the provider's key of PROVIDER_REGION. */
  | "PROVIDER_KEY_SECRET_ARN"
  /** A name of lambdas/providers/registry.ts, and one of its regions. */
  | "PROVIDER_NAME"
  | "PROVIDER_REGION"
  | "PROVIDER_BASE_URL"
  /** Comma list of further hosts images may be fetched from: names, or host:port in the local environment. */
  | "PROVIDER_IMAGE_HOSTS"
  /** The quota of each model of the region: a comma list of id=number. */
  | "MODEL_REQUESTS_PER_MINUTE"
  /** How many requests may leave at once after an idle time. */
  | "PROVIDER_BURST"
  /** How long the worker waits for the provider's answer. */
  | "PROVIDER_READ_TIMEOUT_SECONDS"
  /** How long a claim protects a submission: longer than the read timeout. */
  | "HEARTBEAT_SECONDS"
  | "WORK_VISIBILITY_SECONDS"
  | "INQUIRY_SECONDS"
  | "LEASE_SECONDS"
  /** The time kept for fetching and storing an image within one worker run. */
  | "DOWNLOAD_TIMEOUT_SECONDS"
  /** `iptc` or `none`: whether pictures say that they were generated. */
  | "MARKING"
  /** How far ahead a slot may be for the worker to wait for it inside. */
  | "SLOT_WAIT_SECONDS"
  /** How often a paused queue lets one call through, to find out whether the fault is mended. */
  | "PROBE_SECONDS"
  /** How long an ended generation is kept. */
  | "RETENTION_DAYS"
  /** Requests per minute that one owner may make. */
  | "OWNER_REQUESTS_PER_MINUTE"
  /** What an owner, and all of them together, may spend in a month: decimals in the provider's currency; empty for any amount. */
  | "OWNER_MONTHLY_BUDGET"
  | "ENVIRONMENT_MONTHLY_BUDGET"
  /** Generations that one owner may have queued or running. */
  | "OWNER_OPEN_GENERATIONS"
  /** Comma list of origins allowed by CORS; empty turns it off. */
  | "CORS_ORIGINS"
  /** Longest wait for an ended generation within one HTTP request. */
  | "API_WAIT_SECONDS"
  /** How long an SDK of OpenAI waits with all its re-sends. */
  | "OPENAI_PATIENCE_SECONDS"
  /** "iam" where API Gateway authenticates with SigV4, "key" where our authorizer does. */
  | "AUTHENTICATION";

/** The value of a variable; throws when it is absent, which is a fault of the deployment. */
export function required(name: EnvironmentVariable): string {
  const value = process.env[name];
  if (value === undefined || value === "") throw new Error(`environment variable ${name} is not set`);
  return value;
}

/** The value of a variable that may be left empty. */
export function optional(name: EnvironmentVariable): string {
  return process.env[name] ?? "";
}

/** The value of a variable that holds a positive number; throws when it does not. */
export function requiredNumber(name: EnvironmentVariable): number {
  const value = Number(required(name));
  if (!Number.isFinite(value) || value <= 0)
    throw new Error(`environment variable ${name} is not a positive number`);
  return value;
}

/** The entries of a variable that holds a comma list. */
export function list(name: EnvironmentVariable): string[] {
  return optional(name)
    .split(",")
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "");
}
