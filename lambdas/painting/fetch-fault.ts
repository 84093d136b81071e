import type { WaitingReason } from "../generations/waiting.ts";

/** Why an image is not stored yet. */
export interface FetchFault {
  readonly reason: WaitingReason;
  /** Without addresses: callers and logs show it. */
  readonly detail: string;
  /** The host, when it is not one that we fetch from. */
  readonly host: string | null;
  /** The storage has no such file. */
  readonly gone: boolean;
  /** Where the bytes are kept that are no picture. */
  readonly unverifiedKey: string | null;
}

/** A fault with what is known of it. */
export function faultOf(reason: WaitingReason, detail: string, more: Partial<FetchFault> = {}): FetchFault {
  return { reason, detail, host: null, gone: false, unverifiedKey: null, ...more };
}
