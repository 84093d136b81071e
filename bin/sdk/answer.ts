import { ImageServiceError } from "./error.ts";
import type { components } from "./schemas.ts";

type Schemas = components["schemas"];

/** An answer that is no refusal. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** The JSON, or undefined where there is none. */
  readonly body: unknown;
}

/** What the service answers with, by its `object`. */
interface Kinds {
  readonly generation: Schemas["Generation"];
  readonly batch: Schemas["Batch"];
  readonly list: Schemas["GenerationList"];
  readonly manifest: Schemas["ManifestPlace"];
}

/**
 * The body of an answer as what it says it is.
 *
 * @throws ImageServiceError `unexpected_answer` where it is something else: this is no image service
 */
export function bodyAs<Kind extends keyof Kinds>({ status, body }: Answer, kind: Kind): Kinds[Kind] {
  if (isOfKind(body, kind)) return body;
  throw new ImageServiceError(`The answer is no ${kind}: is this the address of the image service?`, {
    code: "unexpected_answer",
    retryable: false,
    billed: "unknown",
    status,
  });
}

function isOfKind<Kind extends keyof Kinds>(body: unknown, kind: Kind): body is Kinds[Kind] {
  return typeof body === "object" && body !== null && "object" in body && body.object === kind;
}

/** The error that a refusal stands for: a problem document, or whatever a gateway on the way says. */
export function errorOf({ status, headers, body }: Answer, intent: string | undefined): ImageServiceError {
  const retryAfterSeconds = retryAfterOf(headers);
  if (!isProblem(body))
    return new ImageServiceError(
      `HTTP ${status}: the answer is not one of the service's own. Is \`url\` its ApiUrl, which ends in /v1?`,
      {
        code: "unexpected_answer",
        retryable: status === 429 || status >= 500,
        billed: "unknown",
        status,
        intent,
        retryAfterSeconds,
      },
    );
  return new ImageServiceError(body.detail, {
    code: body.code,
    retryable: body.retryable,
    billed: body.billed,
    status,
    provider: body.provider,
    faults: body.errors,
    requestId: body.request_id,
    generationId: /gen_\w+/.exec(body.instance ?? "")?.[0] ?? null,
    intent,
    retryAfterSeconds,
  });
}

function isProblem(body: unknown): body is Schemas["Problem"] {
  return (
    typeof body === "object" && body !== null && "code" in body && "retryable" in body && "detail" in body
  );
}

/** Seconds; null where the service says none. */
export function retryAfterOf(headers: Headers): number | null {
  const seconds = Number(headers.get("retry-after") || Number.NaN);
  return Number.isFinite(seconds) ? seconds : null;
}
