import { createHash } from "node:crypto";

/** `dropped`: the connection was cut before the model saw the call. */
export type Outcome = "pending" | "painted" | "rejected" | "throttled" | "dropped";

/** What the model was asked, after defaults. `seed` is the one used, drawn by lot where none was given. */
export interface CallParameters {
  readonly model: string;
  readonly size: string;
  readonly seed: number;
  readonly seed_given: boolean;
  readonly negative_prompt: string;
  readonly prompt_extend: boolean;
  readonly watermark: boolean;
  readonly prompt_truncated: boolean;
}

/** One POST as the provider's own books would have it. */
export interface Call {
  readonly request_id: string;
  /** ISO 8601 with milliseconds, the arrival. */
  readonly at: string;
  readonly at_ms: number;
  finished_at: string | null;
  /** First 8 hex digits of the key's SHA-256. */
  key_id: string | null;
  /** As received, before the cut at 800. */
  prompt: string | null;
  prompt_sha256: string | null;
  parameters: CallParameters | null;
  /** The markers and queued faults that applied. */
  faults: string[];
  outcome: Outcome;
  billed: boolean;
  /** What the client was sent: `200`, `429 Throttling.RateQuota`, or the name of the fault. */
  answer: string | null;
  image_sha256: string | null;
  /** The client had gone before the answer was complete. */
  client_left: boolean;
  /** GETs of the result with a good signature, whatever they were answered. */
  downloads: number;
}

/** Something a well-behaved client never does. */
export interface Violation {
  readonly at: string;
  readonly what: string;
}

/** The provider's books. */
export class CallLog {
  readonly calls: Call[] = [];
  readonly violations: Violation[] = [];

  begin(requestId: string): Call {
    const now = new Date();
    const call: Call = {
      request_id: requestId,
      at: now.toISOString(),
      at_ms: now.getTime(),
      finished_at: null,
      key_id: null,
      prompt: null,
      prompt_sha256: null,
      parameters: null,
      faults: [],
      outcome: "pending",
      billed: false,
      answer: null,
      image_sha256: null,
      client_left: false,
      downloads: 0,
    };
    this.calls.push(call);
    return call;
  }

  end(call: Call, outcome: Outcome, answer: string): void {
    call.outcome = outcome;
    call.answer = answer;
    call.finished_at = new Date().toISOString();
  }

  violation(what: string): void {
    this.violations.push({ at: new Date().toISOString(), what });
  }

  clear(): void {
    this.calls.length = 0;
    this.violations.length = 0;
  }
}

/** Hex SHA-256, as the books name prompts, keys and images. */
export function sha256(content: string | Buffer): string {
  return createHash("sha256").update(content).digest("hex");
}
