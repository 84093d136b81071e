/** How the simulated service is set up: near to what the stack sets (lib/), and not read from it. */

export const REGION = "sg";
export const MODEL = "qwen-image-max";

export const WORKER_TIMEOUT_MS = 468_000;
export const LEASE_SECONDS = 330;
export const SLOT_WAIT_MS = 10_000;
export const VISIBILITY_MS = 476_000;
export const LIVENESS = { heartbeatMs: 15_000, visibilitySeconds: 45, inquiryMs: 25_000 };
/** Then a message goes to the dead letters. */
export const MOST_RECEIVES = 50;
export const RELAY_TRIES = 10;
export const RECONCILE_EVERY_MS = 5 * 60_000;
export const RETENTION_DAYS = 30;
