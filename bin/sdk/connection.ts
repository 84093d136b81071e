import { ImageServiceError } from "./error.ts";

/** The service and who calls it. */
export interface Connection {
  /** The stack's `ApiUrl`, which ends in `/v1`. */
  readonly url: string;
  /** An API key; not needed where `fetch` signs the requests. */
  readonly key?: string;
  /** Sends the requests, `fetch` unless said otherwise: the place to sign them (SigV4), or to watch them. */
  readonly fetch?: (url: string, init: RequestInit) => Promise<Response>;
}

export interface CallOptions {
  /** Ends the call and its waiting, which then throws the signal's reason. What was accepted goes on. */
  readonly signal?: AbortSignal;
}

/** @throws ImageServiceError `invalid_address`, before anything is asked */
export function requireAddress(url: string): void {
  if (URL.canParse(url)) return;
  throw new ImageServiceError(
    `\`url\` must be the stack's ApiUrl, which ends in /v1${url === "" ? ": it is empty" : ""}.`,
    { code: "invalid_address", retryable: false, billed: "no" },
  );
}
