import { type Answer, errorOf } from "./answer.ts";
import type { Connection } from "./connection.ts";
import { delay } from "./delay.ts";
import { ImageServiceError } from "./error.ts";

/** A request. Every one of them may be sent again: whatever buys has an intent, by which the service knows it. */
export interface Call {
  readonly method: "GET" | "POST" | "DELETE";
  /** Appended to the connection's address. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** The idempotency key of what it creates. */
  readonly intent?: string;
  readonly signal?: AbortSignal | undefined;
}

const PAUSES_SECONDS = [0.3, 1, 3];
/** A service that asks for more patience is better asked by the caller, later. */
const LONGEST_PAUSE_SECONDS = 90;
/** Longer than any wait we ask for, and than gateways allow. */
const CALL_MILLISECONDS = 45_000;

/**
 * Calls the service, up to four times where that may help: a lost connection, a limit, a fault of the service or of a
 * gateway before it. It asks no earlier than `Retry-After` says.
 *
 * @throws ImageServiceError for every refusal, and when nothing answers
 */
export async function send(connection: Connection, call: Call): Promise<Answer> {
  const headers = headersOf(connection, call);
  for (const pause of PAUSES_SECONDS) {
    const outcome = await sendOnce(connection, call, headers);
    if (!(outcome instanceof ImageServiceError)) return outcome;
    const asked = outcome.retryAfterSeconds ?? 0;
    if (!mayPass(outcome) || asked > LONGEST_PAUSE_SECONDS) throw outcome;
    await delay(Math.max(asked, pause * (0.5 + Math.random())), call.signal);
  }
  const last = await sendOnce(connection, call, headers);
  if (last instanceof ImageServiceError) throw last;
  return last;
}

/** A problem that tells how a generation ended will not change by asking again. */
function mayPass({ retryable, generationId }: ImageServiceError): boolean {
  return retryable && generationId === null;
}

async function sendOnce(
  connection: Connection,
  { method, path, body, intent, signal }: Call,
  headers: Headers,
): Promise<Answer | ImageServiceError> {
  signal?.throwIfAborted();
  // Called as a plain function, and found when it is needed: Workers refuse `fetch` as a method.
  const { fetch: request = (url, init) => fetch(url, init) } = connection;
  const timeout = AbortSignal.timeout(CALL_MILLISECONDS);
  try {
    const response = await request(`${connection.url.replace(/\/+$/, "")}${path}`, {
      method,
      headers,
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
    });
    const answer = {
      status: response.status,
      headers: response.headers,
      body: parsed(await response.text()),
    };
    return answer.status < 400 ? answer : errorOf(answer, intent);
  } catch (error) {
    signal?.throwIfAborted();
    return new ImageServiceError(`${new URL(connection.url).origin} does not answer (${reasonOf(error)}).`, {
      code: "unreachable",
      retryable: true,
      // It may have been heard all the same.
      billed: method === "POST" ? "unknown" : "no",
      intent,
      cause: error,
    });
  }
}

/** Made before anything is sent: `fetch` fails for a wrong header as it does for a lost connection. */
function headersOf({ key }: Connection, { headers, body, intent }: Call): Headers {
  const all = new Headers();
  for (const [name, value] of Object.entries({
    ...(key !== undefined && { authorization: `Bearer ${key}` }),
    ...(body !== undefined && { "content-type": "application/json" }),
    ...(intent !== undefined && { "idempotency-key": intent }),
    ...headers,
  }))
    try {
      all.set(name, value);
    } catch (cause) {
      // The key is a secret, and no part of it is shown.
      const [what, code] =
        name === "authorization"
          ? ["The API key", "unauthorized"]
          : [`${name} ${JSON.stringify(value)}`, "invalid_request"];
      const message = `${what} has a character that no HTTP header can carry: use visible ASCII.`;
      throw new ImageServiceError(message, { code, retryable: false, billed: "no", cause });
    }
  return all;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Node's `fetch` wraps what happened in a "fetch failed". */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error && error.cause.message !== "" ? error.cause.message : error.message;
}
