import { exchange } from "../../platform/transport.ts";
import type { ClientOptions, Departure, PaintRequest, Submission } from "../port.ts";
import { ask } from "./ask.ts";
import { toSubmission } from "./submission.ts";

export interface DashScopeClient {
  /**
   * Asks for one image: exactly one POST, never sent again. Never throws for trouble with the provider. When `signal`
   * aborts after the request has left, the outcome is unknown.
   */
  submit(
    request: PaintRequest,
    options: { readonly apiKey: string; readonly signal?: AbortSignal; readonly departure?: Departure },
  ): Promise<Submission>;
}

const GENERATION_PATH = "/api/v1/services/aigc/multimodal-generation/generation";

const CONNECT_TIMEOUT_MS = 10_000;

/** Throws only for a base URL that is none. */
export function createDashScopeClient(options: ClientOptions): DashScopeClient {
  const base = options.baseUrl.replace(/\/+$/, "");
  const generationUrl = new URL(base + GENERATION_PATH);
  const transport = options.transport ?? exchange;
  const connectTimeoutMs = options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS;
  const now = options.now ?? (() => new Date());

  return {
    async submit(request, { apiKey, signal, departure }) {
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
          departure,
        },
        apiKey,
        options.isResultUrl,
      );
      return toSubmission(reply, now());
    },
  };
}

/**
 * The request body by the provider's image API. The names of our fields are the provider's own, so each that a request
 * has goes along; null is left out. `size` and `n` are always sent: the provider's defaults differ from model to model.
 */
function paintBody({ model, prompt, ...parameters }: PaintRequest) {
  return {
    model,
    input: { messages: [{ role: "user", content: [{ text: prompt }] }] },
    parameters: Object.fromEntries(Object.entries(parameters).filter(([, value]) => value !== null)),
  };
}
