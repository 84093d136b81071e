import type { LimiterState } from "./limiter-state.ts";

/**
 * When calls stop for everybody, and when they go on. One generation can be refused or fail for a reason of its own:
 * so another is asked before the account or the provider is blamed for long. Times are epoch milliseconds; the
 * functions are pure, and one that changes nothing returns the state itself.
 */

/** So many different generations in a row without a healthy answer are an outage. */
const OUTAGE_OF = 3;
const OUTAGE = "outage";

/** A call that was refused for a fault of the account's (key, permission, money or model). */
export interface AccountRefusal {
  readonly id: string;
  readonly at: number;
  /** "status": told by the HTTP status alone, which a firewall's page has too. */
  readonly proof: "code" | "status";
}

/** No calls but a probe now and then, the first of them at `probeAt`. A second pause is the same pause. */
export function paused(state: LimiterState, reason: string, probeAt: number): LimiterState {
  if (state.paused === null) return { ...state, paused: reason, probe_at: probeAt, probes: 0 };
  // An outage ends by itself; the account's fault needs its operator.
  return state.paused === OUTAGE && reason !== OUTAGE ? { ...state, paused: reason } : state;
}

/** The account is refused: a pause, but for a first refusal that only its HTTP status tells of. */
export function refused(
  state: LimiterState,
  reason: string,
  probeAt: number,
  { id, at, proof }: AccountRefusal,
): LimiterState {
  const noted = { ...state, refused_id: id, refused_at: at };
  return proof === "code" || state.refused_id !== null ? paused(noted, reason, probeAt) : noted;
}

/** The account is in order: the end of a pause for its sake. */
export function resumed(state: LimiterState): LimiterState {
  return state.paused === null || state.paused === OUTAGE ? state : { ...state, paused: null };
}

/** A call that left at this time was painted, or judged by its content: the provider works, and the account too. */
export function worked(state: LimiterState, call: { leftAt: number; probe: boolean }): LimiterState {
  const { refused_id, refused_at, failed_ids, throttle_level } = state;
  const ends = call.probe && state.paused !== null;
  const passes = refused_id !== null && call.leftAt > refused_at;
  if (!ends && !passes && failed_ids.length === 0 && throttle_level === 0) return state;
  return {
    ...state,
    paused: ends ? null : state.paused,
    failed_ids: [],
    throttle_level: Math.max(0, throttle_level - 1),
    ...(passes && { refused_id: null, healthy_at: call.leftAt }),
  };
}

/** A call failed or its answer was lost: the third generation in a row stops the others from failing too. */
export function failed(state: LimiterState, id: string, probeAt: number): LimiterState {
  const { failed_ids } = state;
  const isCounted = failed_ids.includes(id) || failed_ids.length >= OUTAGE_OF;
  const counted = isCounted ? state : { ...state, failed_ids: [...failed_ids, id] };
  return counted.failed_ids.length < OUTAGE_OF ? counted : paused(counted, OUTAGE, probeAt);
}
