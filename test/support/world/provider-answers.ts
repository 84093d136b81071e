import { misconfigured, unavailable } from "../../../lambdas/providers/dashscope/error-table.ts";
import type { OperatorFault, Rejected } from "../../../lambdas/providers/port.ts";
import type { AnswerKind } from "./scenario.ts";
import type { StrangeAnswer } from "./strange-answer.ts";

/** Every way in which the provider can take a call, outages included. */
export type Outcome = AnswerKind | OperatorFault;

type Lost = "lost, painted" | "lost, not painted" | "hung, painted";

/** The answer never arrives, whatever the provider did. */
export function isLost(kind: Outcome): kind is Lost {
  return kind === "lost, painted" || kind === "lost, not painted" || kind === "hung, painted";
}

export function isStrange(kind: Outcome): kind is StrangeAnswer {
  return kind.startsWith("strange: ");
}

export function isPainted(kind: Outcome): boolean {
  return isStrange(kind) || kind === "accepted" || kind === "lost, painted" || kind === "hung, painted";
}

export function isOperatorFault(kind: Outcome): kind is OperatorFault {
  return kind === "key" || kind === "permission" || kind === "money" || kind === "model";
}

/** What the provider says of itself in an answer about a job. */
export function providerDetail(job: number): Rejected["provider"] {
  return { code: "Code", message: "message", requestId: `request-${job}`, status: 400 };
}

/** A refusal as the provider's client reads it. */
export function refusal(kind: Exclude<Outcome, "accepted" | Lost | StrangeAnswer>, job: number): Rejected {
  const rejected = { provider: providerDetail(job), retryAfterSeconds: null, sent: true };
  switch (kind) {
    case "throttled":
      return {
        ...rejected,
        outcome: "rejected",
        problem: "provider_throttled",
        retry: "throttled",
        fault: "pacing",
      };
    case "failed, once":
      return { ...unavailable("once"), ...rejected };
    case "failed, twice":
      return { ...unavailable("twice"), ...rejected };
    case "failed, always":
      return { ...unavailable("always"), ...rejected };
    case "not sent":
      return { ...unavailable("always"), ...rejected, sent: false };
    case "content":
      return {
        ...rejected,
        outcome: "rejected",
        problem: "content_rejected",
        retry: "never",
        fault: "content",
      };
    case "caller":
      return {
        ...rejected,
        outcome: "rejected",
        problem: "provider_rejected",
        retry: "never",
        fault: "caller",
      };
    default:
      return { ...misconfigured(kind), ...rejected };
  }
}
