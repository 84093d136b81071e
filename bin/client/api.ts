import { setTimeout as delay } from "node:timers/promises";
import * as z from "zod";
import { exitCode, Failure, messageOf } from "../failure.ts";
import type { Sign } from "./signature.ts";

/** The service and who calls it. */
export interface Api {
  /** Ends in `/v1`. */
  readonly url: string;
  /** An API key, or a way to sign each request. */
  readonly credential: string | Sign;
  /** What to do when nothing answers there: the end of a sentence. */
  readonly remedy: string;
}

/** A request; the body is sent as JSON. */
export interface Call {
  readonly method: "GET" | "POST";
  /** Appended to the address. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** The JSON, or undefined where there is none. */
  readonly body: unknown;
}

const problemSchema = z.object({
  title: z.string().optional(),
  detail: z.string().optional(),
  code: z.string(),
  instance: z.string().optional(),
  errors: z.array(z.object({ pointer: z.string(), detail: z.string() })).optional(),
});

export type Problem = z.infer<typeof problemSchema>;

/** The service refused, with a problem document or without. */
export class Refused extends Failure {
  readonly problem: Problem;

  constructor(status: number, problem: Problem) {
    super(describe(problem), { exitCode: exitCodeOf(status, problem.code) });
    this.problem = problem;
  }
}

const PAUSES_MILLISECONDS = [300, 1000, 3000];
const LONGEST_PAUSE_MILLISECONDS = 30_000;
/** Longer than any wait we ask for. */
const CALL_MILLISECONDS = 45_000;

/**
 * Calls the service, again where that may help: a lost connection, a limit, a fault of the service. Whoever posts
 * brings an `Idempotency-Key`, which makes that safe.
 *
 * @throws Refused for every answer of 400 or more
 * @throws Failure when the service cannot be reached, or a header can't be sent
 */
export async function call(api: Api, request: Call, signal: AbortSignal): Promise<Answer> {
  const headers = headersOf(api, request);
  for (let attempt = 0; ; attempt++) {
    const pause = PAUSES_MILLISECONDS[attempt];
    const answer = await send(api, request, headers, signal).catch((error: unknown) => {
      signal.throwIfAborted();
      if (pause !== undefined) return undefined;
      const message = `${new URL(api.url).origin} does not answer (${reasonOf(error)}): ${api.remedy}.`;
      throw new Failure(message, { exitCode: exitCode.unreachable, cause: error });
    });
    if (answer !== undefined && answer.status < 400) return answer;
    if (answer !== undefined) {
      const refused = new Refused(answer.status, problemOf(answer));
      if (pause === undefined || !worthAnotherTry(answer.status, refused.problem)) throw refused;
    }
    const asked = Number(answer?.headers.get("retry-after") ?? Number.NaN) * 1000;
    const milliseconds = Math.min(Number.isFinite(asked) ? asked : (pause ?? 0), LONGEST_PAUSE_MILLISECONDS);
    await delay(milliseconds, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}

/** Checked before anything is sent: `fetch` fails for a wrong header as it does for a lost connection. */
function headersOf({ credential }: Api, { headers, body }: Call): Headers {
  const all = new Headers();
  for (const [name, value] of Object.entries({
    ...(typeof credential === "string" && { authorization: `Bearer ${credential}` }),
    ...(body !== undefined && { "content-type": "application/json" }),
    ...headers,
  }))
    try {
      all.set(name, value);
    } catch (error) {
      // The key is a secret, and no part of it is shown.
      const what =
        name === "authorization" ? "The API key (IMAGE_SERVICE_API_KEY)" : `${name} ${JSON.stringify(value)}`;
      throw new Failure(`${what} has a character that no HTTP header can carry: use visible ASCII.`, {
        exitCode: exitCode.wrongUse,
        cause: error,
      });
    }
  return all;
}

async function send(
  api: Api,
  { method, path, body }: Call,
  headers: Headers,
  signal: AbortSignal,
): Promise<Answer> {
  const url = `${api.url}${path}`;
  const text = body === undefined ? undefined : JSON.stringify(body);
  const { credential } = api;
  const response = await fetch(url, {
    method,
    headers:
      typeof credential === "string"
        ? headers
        : await credential({ method, url, headers: Object.fromEntries(headers), body: text }),
    ...(text !== undefined && { body: text }),
    signal: AbortSignal.any([signal, AbortSignal.timeout(CALL_MILLISECONDS)]),
  });
  return { status: response.status, headers: response.headers, body: parsed(await response.text()) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function problemOf({ status, body }: Answer): Problem {
  const result = problemSchema.safeParse(body);
  return result.data ?? { code: `http_${status}`, detail: "The answer is not one of the service's own." };
}

/** A problem that tells how a generation ended will not change by asking again. */
function worthAnotherTry(status: number, { instance }: Problem): boolean {
  return (status === 429 || status >= 500) && instance?.includes("/generations/gen_") !== true;
}

function describe({ code, title, detail, errors = [] }: Problem): string {
  const said = detail ?? title ?? "";
  // The detail of a problem with one fault is that fault.
  const more = errors.filter((error) => !said.includes(error.detail));
  return [`${code}: ${said}`, ...more.map((error) => `${error.pointer} ${error.detail}`)].join("\n  ");
}

function exitCodeOf(status: number, code: string): number {
  if (status === 401 || status === 403) return exitCode.unreachable;
  const wrongUse = [
    "invalid_request",
    "idempotency_key_reused",
    "payload_too_large",
    "malformed_json",
    "not_found",
  ];
  return wrongUse.includes(code) ? exitCode.wrongUse : exitCode.failed;
}

/** `fetch` wraps what happened in a "fetch failed". */
function reasonOf(error: unknown): string {
  return error instanceof Error && error.cause instanceof Error && error.cause.message !== ""
    ? error.cause.message
    : messageOf(error);
}
