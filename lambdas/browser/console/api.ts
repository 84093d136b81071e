import { keptKey } from "../key.ts";
import type { Problem } from "./types.ts";

type Told = Pick<Problem, "detail" | "status" | "code" | "instance">;

/** The service refused: what it said is for the person to read. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: string;
  /** The path of the generation whose end it tells; empty where it tells of none. */
  readonly generation: string;

  constructor({ detail, status, code, instance = "" }: Told) {
    super(detail);
    this.status = status;
    this.code = code;
    this.generation = instance.includes("/generations/gen_") ? instance : "";
  }
}

interface Request {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly signal?: AbortSignal;
}

/** Called when the key is not, or no more, valid. */
let onUnauthorized = (_detail: string): void => {};

export function whenUnauthorized(then: (detail: string) => void): void {
  onUnauthorized = then;
}

/**
 * Asks the service, at an address relative to the page: so it is the same service behind any domain and path.
 *
 * @throws Refusal for an answer of 400 and above; TypeError when none came
 */
export async function ask(
  path: string,
  { method = "GET", headers = {}, body, signal }: Request = {},
): Promise<Response> {
  const answer = await fetch(new URL(path, location.href), {
    method,
    cache: "no-store",
    headers: {
      Authorization: `Bearer ${keptKey()}`,
      ...(body !== undefined && { "Content-Type": "application/json" }),
      ...headers,
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    ...(signal !== undefined && { signal }),
  });
  if (answer.status < 400) return answer;
  const refusal = new Refusal(await problemOf(answer));
  if (refusal.status === 401) onUnauthorized(refusal.message);
  throw refusal;
}

/** The JSON of an answer, which the contract gives this type. */
export async function read<Body>(path: string, request: Request = {}): Promise<Body> {
  return (await ask(path, request)).json();
}

async function problemOf(answer: Response): Promise<Told> {
  const { status } = answer;
  try {
    const { detail = "", code = "", instance = "" }: Partial<Problem> = await answer.json();
    return { detail: detail || `The service answered ${status}.`, code, status, instance };
  } catch {
    return { detail: `The service answered ${status}.`, code: "", status };
  }
}

/** It was not sent, or not to this API; the message says why. */
export class Unsent extends Error {}

/** What to tell a person of anything thrown. */
export function wordsOf(thrown: unknown): string {
  if (thrown instanceof Refusal || thrown instanceof Unsent) return thrown.message;
  return "No answer came. Check the connection; nothing is lost.";
}

/** Resolves after so many milliseconds, or when the signal aborts. */
export function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal?.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/** The seconds that an answer asks to wait for; 5 when it names none. */
export function retryAfter(answer: Response): number {
  return Number(answer.headers.get("Retry-After")) || 5;
}
