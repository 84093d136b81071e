import type { ProviderDetail, Rejected, Rejection, Submission } from "../port.ts";
import type { Answer } from "./answer.ts";
import type { Reply } from "./ask.ts";
import { type Classification, classifyError, misconfigured, unavailable } from "./error-table.ts";
import { retryAfterSeconds } from "./retry-after.ts";
import { sourceExpiry } from "./source-expiry.ts";

export type Probe = { readonly ok: true } | { readonly ok: false; readonly rejection: Rejected };

const NOBODY: ProviderDetail = { code: null, message: null, requestId: null, status: null };

function unsent(rejection: Rejection, reason: string): Rejected {
  return {
    ...rejection,
    provider: { ...NOBODY, message: reason },
    retryAfterSeconds: null,
    sent: false,
  };
}

/** What a reply to the POST means. */
export function toSubmission(reply: Reply, now: Date): Submission {
  switch (reply.kind) {
    case "unusable_key":
      return unsent(misconfigured("key"), "the configured key is empty or not a header value");
    case "unsent":
      return unsent(unavailable("always"), `not sent: ${reply.reason}`);
    case "lost":
      return { outcome: "unknown", detail: `no answer: ${reply.reason}`, provider: NOBODY };
    case "answered":
      return answered(reply, now);
  }
}

function answered(reply: Extract<Reply, { kind: "answered" }>, now: Date): Submission {
  const { status, answer, provider } = reply;
  if (status >= 200 && status < 300 && answer !== null && answer.imageUrl !== null) {
    return {
      outcome: "accepted",
      requestId: provider.requestId,
      sourceUrl: answer.imageUrl,
      sourceExpiresAt: sourceExpiry(answer.imageUrl, now),
      width: answer.width,
      height: answer.height,
    };
  }
  const classification = classify(status, answer);
  if (classification.outcome === "rejected") {
    return {
      ...classification,
      provider,
      retryAfterSeconds: retryAfterSeconds(reply.retryAfter, now),
      sent: true,
    };
  }
  const content =
    answer === null ? "without readable JSON" : answer.code === null ? "without an image" : "with an error";
  return { outcome: "unknown", detail: `answer ${status} ${content}`, provider };
}

function classify(status: number, answer: Answer | null): Classification {
  // Choices without a usable image: something ran, so an error code beside them proves nothing.
  if (status < 400 && answer?.hasOutput === true) return { outcome: "unknown" };
  return classifyError({ status, code: answer?.code ?? null, message: answer?.message ?? null });
}

/** What a reply to the probe means. It can be sent again freely, so whatever is unclear is just a provider that is unavailable. */
export function toProbe(reply: Reply, now: Date): Probe {
  if (reply.kind === "answered" && reply.status >= 200 && reply.status < 300) {
    if (reply.answer !== null && reply.answer.code === null) return { ok: true };
  }
  const found = toSubmission(reply, now);
  if (found.outcome === "rejected") return { ok: false, rejection: found };
  const provider =
    found.outcome === "unknown"
      ? { ...found.provider, message: found.provider.message ?? found.detail }
      : NOBODY;
  return {
    ok: false,
    rejection: { ...unavailable("always"), provider, retryAfterSeconds: null, sent: true },
  };
}
