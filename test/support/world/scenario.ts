import type { Lane } from "../../../lambdas/pacing/lanes.ts";
import type { Pace } from "../../../lambdas/pacing/pace.ts";
import type { OperatorFault } from "../../../lambdas/providers/port.ts";
import type { StrangeAnswer } from "./strange-answer.ts";

/** One caller's wish for a picture, and what the caller does about it later (milliseconds after the start). */
export interface Job {
  /** Milliseconds after the start. */
  readonly at: number;
  readonly lane: Lane;
  readonly policy: "fail" | "retry";
  readonly deadlineSeconds: number;
  readonly cancelAt: number | null;
  readonly readAt: number | null;
  readonly removeAt: number | null;
}

/** The calls of a process to the outside, by what they are for. */
export const PORT_CALLS = [
  "connect",
  "insert",
  "get",
  "save",
  "appoint",
  "lend",
  "query",
  "pacer get",
  "pacer put",
  "secret",
  "ask",
  "answer",
  "download",
  "find image",
  "put image",
  "keep answer",
  "find answer",
  "inquire",
  "announce",
  "hold",
  "put back",
  "send",
  "dead letter",
  "sleep",
] as const;
export type PortCall = (typeof PORT_CALLS)[number];

/** What happens at the nth call of a kind: the process dies or the call throws, before or after its effect. */
export interface PortFault {
  readonly call: PortCall;
  readonly nth: number;
  readonly kind: "crash before" | "crash after" | "error before" | "error after";
}

/** How the provider takes a call: what it answers, what it paints, and whether the answer arrives. */
export type AnswerKind =
  | "accepted"
  | "throttled"
  | "failed, once"
  | "failed, twice"
  | "failed, always"
  | "not sent"
  | "content"
  | "caller"
  | "lost, painted"
  | "lost, not painted"
  | "hung, painted"
  | StrangeAnswer;

/** What becomes of a picture between the image host and the bucket. */
export type DownloadKind =
  | "ok"
  | "gone"
  | "transfer failed"
  | "invalid"
  | "wrong size"
  | "bucket refuses"
  | "bucket lies";

/** So many calls in any such time, or in each of the calendar's. */
export interface QuotaWindow {
  readonly requests: number;
  readonly milliseconds: number;
  readonly by: "sliding" | "calendar";
}

/** All that will happen, but for what the service itself does. Two plays of one scenario are the same. */
export interface Scenario {
  readonly jobs: readonly Job[];
  readonly faults: readonly PortFault[];
  /** The provider's answers in order; after the last, it accepts. */
  readonly answers: readonly AnswerKind[];
  /** What becomes of downloads in order; after the last, they work. */
  readonly downloads: readonly DownloadKind[];
  /** Deliveries that happen twice. */
  readonly duplicates: readonly number[];
  /** Jobs whose first message is lost between stream and queue. */
  readonly lostMessages: readonly number[];
  /** Jobs whose end the table's stream loses. */
  readonly lostEnds: readonly number[];
  /** The provider refuses everybody, or fails for everybody, for so long. */
  readonly outage: {
    readonly from: number;
    readonly minutes: number;
    readonly fault: OperatorFault | "failed, always" | "lost, not painted" | "not sent";
  } | null;
  /** The table refuses every call but those that accept a job, for so long. */
  readonly tableRefuses: { readonly from: number; readonly minutes: number } | null;
  /** A job that the provider always refuses as if the account were at fault. */
  readonly poison: { readonly job: number; readonly fault: OperatorFault } | null;
  /** What the account really may ask in any minute, where that is less than the pace; null where it is not. */
  readonly realQuota: number | null;
  /** The windows that the provider counts in besides. */
  readonly windows: readonly QuotaWindow[];
  /** The secret and the provider change to another key at this moment. */
  readonly keyRotatedAt: number | null;
  /** The provider's image host is not on the list before this moment. */
  readonly hostAllowedAt: number;
  /** Every download fails: the images never come. */
  readonly storageDead: boolean;
  /** The clocks of the workers jump. */
  readonly jumps: readonly { readonly at: number; readonly by: number }[];
  readonly workers: number;
  /** A cold worker starts up to so many milliseconds late, and as much does its first connection to each peer take. */
  readonly coldStart: number;
  /** Three calls of a hundred take up to so many milliseconds. */
  readonly slowest: number;
  readonly pace: Pace;
  readonly sourceLifetimeMinutes: number;
  readonly seed: number;
}

/** A scenario in which nothing goes wrong. */
export const calm: Omit<Scenario, "jobs"> = {
  faults: [],
  answers: [],
  downloads: [],
  duplicates: [],
  lostMessages: [],
  lostEnds: [],
  outage: null,
  tableRefuses: null,
  poison: null,
  realQuota: null,
  windows: [],
  keyRotatedAt: null,
  hostAllowedAt: 0,
  storageDead: false,
  jumps: [],
  workers: 5,
  coldStart: 0,
  slowest: 400,
  pace: { interval: 30_450, burst: 1 },
  sourceLifetimeMinutes: 24 * 60,
  seed: 1,
};

/** A job that is posted at the start and then left alone. */
export function job(changes: Partial<Job> = {}): Job {
  return {
    at: 0,
    lane: "interactive",
    policy: "fail",
    deadlineSeconds: 24 * 3600,
    cancelAt: null,
    readAt: null,
    removeAt: null,
    ...changes,
  };
}
