import { safeText } from "../../platform/safe-text.ts";
import { faultReason, type Transport, type TransportRequest } from "../../platform/transport.ts";
import type { ProviderDetail } from "../port.ts";
import { type Answer, readAnswer } from "./answer.ts";

export type Reply =
  | { readonly kind: "unusable_key" }
  | { readonly kind: "unsent"; readonly reason: string }
  | { readonly kind: "lost"; readonly reason: string }
  | {
      readonly kind: "answered";
      readonly status: number;
      /** Null where the body is not JSON, was cut off or is too long. */
      readonly answer: Answer | null;
      readonly provider: ProviderDetail;
      readonly retryAfter: string | undefined;
    };

/** One exchange with the provider, authorized and read as far as it can be. Never throws. */
export async function ask(transport: Transport, request: TransportRequest, apiKey: string): Promise<Reply> {
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
    const body = await readBody(result.body);
    result.close();
    const answer = body === null ? null : readAnswer(body);
    const shown = (text: string | null, limit?: number) =>
      text === null ? null : safeText(text, limit, [apiKey]);
    return {
      kind: "answered",
      status: result.status,
      answer,
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

/** A true answer is about 1 KB. */
const ANSWER_LIMIT_BYTES = 1024 * 1024;

/**
 * The body as text, or as much of it as came; null when it exceeds the limit. Text that breaks off is no JSON, and if all
 * but the end of the stream arrived, the address of a paid image is saved.
 */
async function readBody(body: AsyncIterable<Uint8Array>): Promise<string | null> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const chunk of body) {
      length += chunk.length;
      if (length > ANSWER_LIMIT_BYTES) return null;
      chunks.push(chunk);
    }
  } catch {
    // Judged by what came.
  }
  // Drops a byte order mark, which JSON.parse would stumble over.
  return new TextDecoder().decode(Buffer.concat(chunks));
}
