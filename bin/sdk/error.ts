import type { components } from "./schemas.ts";

type Schemas = components["schemas"];

/**
 * A code of the service's problems, `canceled`, or one of the client's own: `invalid_address` (nothing was asked),
 * `unreachable` (nothing answers),
 * `unexpected_answer` (something else than the service answers), `damaged` (the file is not the one that was
 * announced). A newer service may have further ones.
 */
export type ErrorCode =
  | Schemas["Problem"]["code"]
  | "canceled"
  | "invalid_address"
  | "unreachable"
  | "unexpected_answer"
  | "damaged"
  | (string & {});

/** What is known of an error besides its message. */
export interface ErrorFacts {
  readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly billed: Schemas["Problem"]["billed"];
  readonly status?: number;
  readonly provider?: Schemas["ProviderRefusal"] | null | undefined;
  readonly faults?: readonly Schemas["Fault"][] | undefined;
  readonly requestId?: string | null;
  readonly generationId?: string | null;
  readonly intent?: string | null | undefined;
  readonly retryAfterSeconds?: number | null;
  readonly cause?: unknown;
}

/** What this client throws, besides the reason of a signal that was aborted. */
export class ImageServiceError extends Error {
  override readonly name = "ImageServiceError";
  readonly code: ErrorCode;
  /** Whether the same may succeed later. A generation that has ended stays as it is: paint with another intent. */
  readonly retryable: boolean;
  /** Whether the provider charges for it. */
  readonly billed: Schemas["Problem"]["billed"];
  /** HTTP status of the answer; null where there was none, or a generation ended. */
  readonly status: number | null;
  /** What the provider said. */
  readonly provider: Schemas["ProviderRefusal"] | null;
  /** The faults of the input, each with a JSON pointer to it. */
  readonly faults: readonly Schemas["Fault"][];
  /** Names the request in the service's logs. */
  readonly requestId: string | null;
  /** The generation that it is about: read it, or go on waiting for it. */
  readonly generationId: string | null;
  /** The intent of the call that failed: the same call with it is safe. */
  readonly intent: string | null;
  /** When the service wants to be asked again. */
  readonly retryAfterSeconds: number | null;

  constructor(message: string, facts: ErrorFacts) {
    super(message, { cause: facts.cause });
    this.code = facts.code;
    this.retryable = facts.retryable;
    this.billed = facts.billed;
    this.status = facts.status ?? null;
    this.provider = facts.provider ?? null;
    this.faults = facts.faults ?? [];
    this.requestId = facts.requestId ?? null;
    this.generationId = facts.generationId ?? null;
    this.intent = facts.intent ?? null;
    this.retryAfterSeconds = facts.retryAfterSeconds ?? null;
  }
}
