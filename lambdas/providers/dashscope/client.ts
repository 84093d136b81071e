import { exchange, type Transport } from "../../platform/transport.ts";
import type { IsResultUrl } from "./answer-pictures.ts";
import { ask } from "./ask.ts";
import type { ImageSize, ModelName } from "./models.ts";
import { type Submission, toSubmission } from "./submission.ts";

export interface PaintRequest {
  readonly model: ModelName;
  /** Sent whole: the provider cuts it, not we. */
  readonly prompt: string;
  /** Null sends none. */
  readonly negativePrompt: string | null;
  readonly size: ImageSize;
  readonly seed: number;
  readonly promptExtend: boolean;
  readonly watermark: boolean;
}

export interface DashScopeClient {
  /**
   * Asks for one image: exactly one POST, never sent again. Never throws for trouble with the provider. When `signal`
   * aborts after the request has left, the outcome is unknown.
   */
  submit(
    request: PaintRequest,
    options: { readonly apiKey: string; readonly signal?: AbortSignal },
  ): Promise<Submission>;
}

export interface DashScopeClientOptions {
  /** With or without a trailing slash; a path in it is kept. */
  readonly baseUrl: string;
  /** From the written request to the last byte of the answer. The server itself gives up at 298 s: use 305 s or more. */
  readonly readTimeoutMs: number;
  readonly connectTimeoutMs?: number;
  /** Whether an address can be a result's; without it, those on the provider's own storage. */
  readonly isResultUrl?: IsResultUrl;
  readonly transport?: Transport;
  readonly now?: () => Date;
}

const GENERATION_PATH = "/api/v1/services/aigc/multimodal-generation/generation";

const CONNECT_TIMEOUT_MS = 10_000;

/** Throws only for a base URL that is none. */
export function createDashScopeClient(options: DashScopeClientOptions): DashScopeClient {
  const base = options.baseUrl.replace(/\/+$/, "");
  const generationUrl = new URL(base + GENERATION_PATH);
  const transport = options.transport ?? exchange;
  const connectTimeoutMs = options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS;
  const now = options.now ?? (() => new Date());

  return {
    async submit(request, { apiKey, signal }) {
      const body = JSON.stringify(paintBody(request));
      const reply = await ask(
        transport,
        {
          url: generationUrl,
          target: generationUrl.pathname,
          method: "POST",
          headers: {
            "content-type": "application/json",
            "content-length": String(Buffer.byteLength(body)),
          },
          body,
          connectTimeoutMs,
          readTimeoutMs: options.readTimeoutMs,
          signal: signal ?? null,
          lookup: null,
        },
        apiKey,
        options.isResultUrl,
      );
      return toSubmission(reply, now());
    },
  };
}

/** The request body by the provider's image API. `n` is 1: anything else fails. */
function paintBody(request: PaintRequest) {
  return {
    model: request.model,
    input: { messages: [{ role: "user", content: [{ text: request.prompt }] }] },
    parameters: {
      ...(request.negativePrompt === null ? {} : { negative_prompt: request.negativePrompt }),
      size: request.size,
      n: 1,
      prompt_extend: request.promptExtend,
      watermark: request.watermark,
      seed: request.seed,
    },
  };
}
