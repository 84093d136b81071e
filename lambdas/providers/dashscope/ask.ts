import { safeText } from "../../platform/safe-text.ts";
import { faultReason, type Transport, type TransportRequest } from "../../platform/transport.ts";
import type { ProviderDetail, RawAnswer } from "../port.ts";
import { type Answer, readAnswer } from "./answer.ts";
import { receiveBody, textOf } from "./answer-bytes.ts";
import type { IsResultUrl } from "./answer-pictures.ts";
import { checkResultUrl } from "./result-hosts.ts";

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

function selected(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
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
