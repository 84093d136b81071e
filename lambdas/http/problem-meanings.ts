import type { ProblemCode } from "../platform/problem-table.ts";

/** What a problem means to the person who meets it, in sentences. */
interface Meaning {
  readonly when: string;
  readonly billed: string;
  readonly advice: string;
}

const NOT_BILLED = "No. The provider was not asked.";
const REFUSED_FREE = "No. The provider does not charge for what it refuses.";

/** What each problem means: its page tells it. */
export const MEANINGS: Readonly<Record<ProblemCode, Meaning>> = {
  malformed_json: {
    when: "The body is empty, or no valid JSON in UTF-8.",
    billed: NOT_BILLED,
    advice: "Mend the body. Often a quote is not escaped, or a comma too many.",
  },
  unsupported_media_type: {
    when: "The request has a body without `Content-Type: application/json`.",
    billed: NOT_BILLED,
    advice: "Send that header.",
  },
  payload_too_large: {
    when: "The body is larger than 64 KiB.",
    billed: NOT_BILLED,
    advice: "Shorten it. For many pictures at once use a batch with a manifest.",
  },
  invalid_request: {
    when: "A field, header or query parameter is wrong. `errors` points at each.",
    billed: NOT_BILLED,
    advice: "Mend what `errors` names. The same request is refused again.",
  },
  idempotency_key_reused: {
    when: "The `Idempotency-Key` came before with another body.",
    billed: "No. The first request's generation stays as it is.",
    advice: "Use a new key for a new intent, or send the first body again to get its generation.",
  },
  unauthorized: {
    when: "There is no valid API key in the request.",
    billed: NOT_BILLED,
    advice: "Send `Authorization: Bearer KEY`. The operator makes keys.",
  },
  forbidden: {
    when: "The caller is known, but may not do this, or the signature is not valid.",
    billed: NOT_BILLED,
    advice: "Ask the operator of the service.",
  },
  not_found: {
    when: "There is nothing at the path, or nothing of yours: what belongs to another owner reads the same.",
    billed: NOT_BILLED,
    advice: "Check the address and the key. Records are removed when their retention ends.",
  },
  method_not_allowed: {
    when: "The path knows other methods. `Allow` names them.",
    billed: NOT_BILLED,
    advice: "Use one of those.",
  },
  conflict: {
    when: "It is not possible in the present state: a running generation cannot be canceled, an unfinished one has no picture.",
    billed: "Read `billed` in the problem: it speaks of the generation.",
    advice: "Read the generation. Where `retryable` is true, ask again after `Retry-After`.",
  },
  gone: {
    when: "The picture was removed by its owner.",
    billed: "Read `billed` in the problem: a picture that was painted stays charged.",
    advice: "Create a new generation, with a new `Idempotency-Key`.",
  },
  budget_exceeded: {
    when: "The monthly cap of the owner or of the environment does not cover the request.",
    billed: NOT_BILLED,
    advice: "Wait for the next month, or ask the operator to raise the cap.",
  },
  rate_limited: {
    when: "You ask more often than your limit allows. It is the service's limit, not the provider's.",
    billed: NOT_BILLED,
    advice: "Ask again after `Retry-After`. Long polls need fewer requests.",
  },
  content_rejected: {
    when: "The provider's moderation refused the prompt or the picture.",
    billed: REFUSED_FREE,
    advice: "Change the prompt. The same prompt is likely to be refused again.",
  },
  provider_rejected: {
    when: "The provider refused the input for another reason than its content.",
    billed: REFUSED_FREE,
    advice: "Read `provider` for its own words, and change the input.",
  },
  provider_throttled: {
    when: "The provider's quota did not suffice within the service's retries, or the wait was too short.",
    billed: "Read `billed` in the problem.",
    advice: "Ask again after `Retry-After`; where the generation has ended, with a new `Idempotency-Key`.",
  },
  provider_unavailable: {
    when: "The provider failed, again and again.",
    billed: "No. The provider answered that it did not paint.",
    advice: "Try again later with a new `Idempotency-Key`.",
  },
  provider_misconfigured: {
    when: "The provider refuses the service's own account: its key, permission, money or model.",
    billed: REFUSED_FREE,
    advice: "Tell the operator of the service. Nothing in the request is wrong.",
  },
  upstream_outcome_unknown: {
    when: "The provider was asked, and its answer was lost.",
    billed: "Unknown. The provider may have painted and charged.",
    advice:
      "Decide whether the picture may be paid twice: then use a new `Idempotency-Key`. `on_unknown_outcome: retry` decides it beforehand.",
  },
  image_unavailable: {
    when: "The picture was painted, but could not be fetched before its address died.",
    billed: "Yes. The provider charges for painting.",
    advice: "Tell the operator. A new generation is a new charge.",
  },
  deadline_exceeded: {
    when: "The generation was still queued at its deadline.",
    billed: "No, unless an earlier answer was lost: read `billed`.",
    advice: "Create it again with a later `Cancel-After`, and a new `Idempotency-Key`.",
  },
  internal: {
    when: "Something went wrong on the service's side.",
    billed: "Read `billed` in the problem: a creation may have been accepted.",
    advice:
      "Send the same request again with the same `Idempotency-Key`. Name the `request_id` to the operator.",
  },
};
