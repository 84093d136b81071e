import { LONGEST_SLOT_WAIT_SECONDS } from "../lambdas/pacing/pace.ts";
import { PROVIDERS } from "../lambdas/providers/registry.ts";

/** Every time-out of the service, in seconds. */
export interface Timeouts {
  /** How long the worker reads the provider's answer: longer than the provider takes to give up. */
  readonly providerRead: number;
  /** How long a claim protects a submission: while it runs, nobody else may think the call lost. */
  readonly lease: number;
  /** How far ahead a pacer slot may be for the worker to wait for it inside. */
  readonly slotWait: number;
  /** How often a paused queue lets one call through. */
  readonly probe: number;
  /** The time kept for fetching and storing an image within one worker run. */
  readonly download: number;
  /** The worker function: a slot, a submission and a download, one after the other. */
  readonly worker: number;
  /** How long the queue hides a message in work: longer than the worker may run. */
  readonly queueVisibility: number;
  /** How often a worker shows the queue that it lives, and looks whether somebody asks. */
  readonly heartbeat: number;
  /** How long each of these signs hides its message: two may fail. */
  readonly workVisibility: number;
  /** How long a worker has to answer whether it lives: longer than the time between two looks. */
  readonly inquiry: number;
  /** Longest wait for an ended generation within one HTTP request. */
  readonly apiWait: number;
  readonly api: number;
  readonly gateway: number;
  readonly authorizer: number;
  readonly relay: number;
  /** As long as Lambda allows: the task waits inside for the end of its generation. */
  readonly task: number;
  readonly reconciler: number;
  /** Makes a few thousand generations; goes on in another run where that is not enough. */
  readonly expander: number;
  /** How long its queue hides a batch in work. */
  readonly expansionVisibility: number;
}

/** Lambda runs no function longer than this. */
const LAMBDA_LIMIT = 900;
/** A REST API waits this long for its integration, unless the account has asked for more. */
const GATEWAY_LIMIT = 29;
/** No provider waits longer than this before it gives a call up. */
export const PROVIDER_LIMIT = Math.max(...PROVIDERS.map(({ longestCallSeconds }) => longestCallSeconds));

/**
 * All time-outs, derived from the seconds after which the provider gives a call up (1 to 298), so that the order in
 * which they fire always holds: provider, our reading of it, the lease, the function, the queue.
 */
export function timeoutsFor(providerSeconds: number): Timeouts {
  const margin = Math.max(1, Math.ceil(providerSeconds * 0.025));
  const lease = providerSeconds + 4 * margin;
  const slotWait = Math.min(LONGEST_SLOT_WAIT_SECONDS, Math.max(2, Math.ceil(providerSeconds * 0.05)));
  const download = Math.max(10, Math.ceil(providerSeconds * 0.4));
  const worker = slotWait + lease + download + margin;
  const heartbeat = Math.min(15, Math.max(3, Math.ceil(providerSeconds * 0.05)));
  return {
    providerRead: providerSeconds + margin,
    lease,
    slotWait,
    probe: Math.ceil(providerSeconds / 5),
    download,
    worker,
    queueVisibility: worker + margin,
    heartbeat,
    workVisibility: 3 * heartbeat,
    inquiry: Math.ceil((heartbeat * 5) / 3),
    apiWait: 25,
    api: 28,
    gateway: GATEWAY_LIMIT,
    authorizer: 5,
    relay: 30,
    task: LAMBDA_LIMIT,
    reconciler: 120,
    expander: 120,
    expansionVisibility: 150,
  };
}
