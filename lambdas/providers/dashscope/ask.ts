import type { IncomingHttpHeaders } from "node:http";
import { safeText } from "../../platform/safe-text.ts";
import { faultReason, type Transport, type TransportRequest } from "../../platform/transport.ts";
import { type Answer, readAnswer } from "./answer.ts";
import { receiveBody, textOf } from "./answer-bytes.ts";
import type { IsResultUrl } from "./answer-pictures.ts";
import { checkResultUrl } from "./result-hosts.ts";

/** What the provider said of itself; texts are capped and free of keys and signed addresses. */
export interface ProviderDetail {
  readonly code: string | null;
  readonly message: string | null;
  readonly requestId: string | null;
  /** HTTP status; null where no answer came. */
  readonly status: number | null;
}

/** An answer as it came, for the operator to read where the service could not. Holds no header that names the account. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** At most 256 KiB, still compressed where they came so. */
  readonly body: Uint8Array;
  /** Of the whole body, as far as it came. */
  readonly receivedBytes: number;
  /** False where the body broke off. */
  readonly complete: boolean;
}

const RAW_LIMIT_BYTES = 256 * 1024;
const RAW_HEADERS = ["content-type", "content-encoding", "content-length", "date", "server", "x-request-id"];

export type Reply =
  | { readonly kind: "unusable_key" }
  | { readonly kind: "unsent"; readonly reason: string }
  | { readonly kind: "lost"; readonly reason: string }
  | {
      readonly kind: "answered";
      readonly status: number;
      /** Null where the body is no JSON and holds no picture. */
      readonly answer: Answer | null;
      readonly raw: RawAnswer;
      readonly provider: ProviderDetail;
      readonly retryAfter: string | undefined;
    };

const onProviderStorage: IsResultUrl = (address) => checkResultUrl(address, { extraHosts: [] }).allowed;

/** One exchange with the provider, authorized and read as far as it can be. Never throws. */
export async function ask(
  transport: Transport,
  request: TransportRequest,
  apiKey: string,
  isResultUrl: IsResultUrl = onProviderStorage,
): Promise<Reply> {
  // Would not pass as a header; a secret with a line break at its end is a classic.
  if (!/^[\x21-\x7e]+$/.test(apiKey)) return { kind: "unusable_key" };
  const headers = {
    accept: "application/json",
    "accept-encoding": "identity",
    authorization: `Bearer ${apiKey}`,
    ...request.headers,
  };
  try {
    const result = await transport({ ...request, headers });
    if (!result.answered) return { kind: result.written ? "lost" : "unsent", reason: result.reason };
    const { bytes, complete } = await receiveBody(result.body);
    result.close();
    const text = textOf(bytes, result.headers["content-encoding"]);
    const answer = readAnswer(text, { complete, isResultUrl, echo: request.body ?? "" });
    const shown = (text: string | null, limit?: number) =>
      text === null ? null : safeText(text, limit, [apiKey]);
    return {
      kind: "answered",
      status: result.status,
      answer,
      raw: {
        status: result.status,
        headers: selected(result.headers),
        body: withoutKey(bytes, apiKey).subarray(0, RAW_LIMIT_BYTES),
        receivedBytes: bytes.length,
        complete,
      },
      provider: {
        code: shown(answer?.code ?? null, 100),
        message: shown(answer?.message ?? null),
        requestId: shown(answer?.requestId ?? null, 100),
        status: result.status,
      },
      retryAfter: result.headers["retry-after"],
    };
  } catch (error) {
    return { kind: "lost", reason: faultReason(error) };
  }
}

function selected(headers: IncomingHttpHeaders): Record<string, string> {
  return Object.fromEntries(
    RAW_HEADERS.flatMap((name) => {
      const value = headers[name];
      return typeof value === "string" ? [[name, safeText(value, 200)]] : [];
    }),
  );
}

/** Some refusals repeat the key. */
function withoutKey(bytes: Uint8Array, apiKey: string): Uint8Array {
  const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return body.includes(apiKey)
    ? Buffer.from(body.toString("latin1").replaceAll(apiKey, "[redacted]"), "latin1")
    : bytes;
}
