import type {
  Accepted,
  PictureAddresses,
  PictureInside,
  ProviderDetail,
  Rejected,
  Rejection,
  Submission,
} from "../port.ts";
import type { Answer } from "./answer.ts";
import type { Reply } from "./ask.ts";
import { type Classification, classifyError, misconfigured, unavailable } from "./error-table.ts";
import { retryAfterSeconds } from "./retry-after.ts";
import { sourceExpiry } from "./source-expiry.ts";

const NO_DETAIL: ProviderDetail = { code: null, message: null, requestId: null, status: null };

function unsent(rejection: Rejection, reason: string): Rejected {
  return {
    ...rejection,
    provider: { ...NO_DETAIL, message: reason },
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
      return { outcome: "unknown", detail: `no answer: ${reply.reason}`, provider: NO_DETAIL, raw: null };
    case "answered":
      return answered(reply, now);
  }
}

function answered(reply: Extract<Reply, { kind: "answered" }>, now: Date): Submission {
  const { status, answer, provider, raw } = reply;
  // Whatever the status: a picture in hand is a picture paid for, and asking again would buy a second one.
  const picture = answer === null ? null : pictureIn(answer, now);
  if (picture !== null)
    return {
      outcome: "accepted",
      requestId: provider.requestId,
      width: answer?.width ?? null,
      height: answer?.height ?? null,
      ...picture,
    };
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
  return { outcome: "unknown", detail: `answer ${status} ${content}`, provider, raw };
}

type Picture = (PictureAddresses | PictureInside) & Pick<Accepted, "sourceExpiresAt">;

function pictureIn({ pictures }: Answer, now: Date): Picture | null {
  const sourceUrls = pictures.flatMap((found) => (found.kind === "address" ? [found.address] : []));
  const [sourceUrl] = sourceUrls;
  if (sourceUrl !== undefined)
    return { sourceUrl, sourceUrls, inline: null, sourceExpiresAt: sourceExpiry(sourceUrl, now) };
  const inline = pictures.find((found) => found.kind === "inline")?.bytes;
  if (inline === undefined) return null;
  return {
    sourceUrl: null,
    sourceUrls: [],
    inline,
    sourceExpiresAt: new Date(now.getTime() + INLINE_LIFE_MS),
  };
}

/** As long as an address would live: time to store the picture, however the bucket behaves. */
const INLINE_LIFE_MS = 24 * 60 * 60 * 1000;

function classify(status: number, answer: Answer | null): Classification {
  // Results without a usable image: something ran, so an error code beside them proves nothing.
  if ((status < 400 || status >= 500) && answer?.hasOutput === true) return { outcome: "unknown" };
  return classifyError({ status, code: answer?.code ?? null, message: answer?.message ?? null });
}
