import {
  type ClientRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request as plainRequest,
} from "node:http";
import { request as secureRequest } from "node:https";
import type { LookupFunction } from "node:net";

/**
 * One HTTP exchange over a connection of its own.
 *
 * Not `fetch`: Node's gives up after 300 s without an answer, which cannot be changed without its package, while the
 * provider may take 298 s and is read for 305 s; it also reuses kept-alive connections, where a reset leaves open
 * whether the request arrived. Here the request is handed to the socket only once that is connected (and, for https,
 * trusted), so "nothing was sent" is known and not guessed.
 */
export type Transport = (request: TransportRequest) => Promise<TransportResult>;

export interface TransportRequest {
  readonly url: URL;
  /** Path and query as they go on the wire. */
  readonly target: string;
  readonly method: "GET" | "POST";
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  /** From the start until the connection stands. */
  readonly connectTimeoutMs: number;
  /** From the moment the request is written until the last byte of the answer. */
  readonly readTimeoutMs: number;
  readonly signal: AbortSignal | null;
  /** Resolves the name; null is the system's resolver. */
  readonly lookup: LookupFunction | null;
  /** Asked when the connection stands, before the first byte is written; false: nothing is written. At once when absent. */
  readonly departure?: (() => Promise<boolean>) | undefined;
}

export type TransportResult =
  | {
      readonly answered: true;
      readonly status: number;
      readonly headers: IncomingHttpHeaders;
      /** Iterating throws when the answer breaks off or time runs out. */
      readonly body: AsyncIterable<Uint8Array>;
      /** Gives up the rest of the body. */
      readonly close: () => void;
    }
  | {
      readonly answered: false;
      /** False: not one byte of the request has left. */
      readonly written: boolean;
      /** A short code such as ECONNREFUSED; never an address, a header or a body. */
      readonly reason: string;
    };

/** Silence after which TCP asks whether the other side lives: shorter than any idle time-out on the way (60 s at least). */
const KEEP_ALIVE_MS = 45_000;

/** A failure that carries one of our reasons. */
class ExchangeFault extends Error {
  readonly code: string;
  constructor(code: string) {
    super(code);
    this.code = code;
  }
}

/** A short code for a network failure that is safe to store and show. */
export function faultReason(error: unknown): string {
  if (error instanceof Error) {
    if ("code" in error && typeof error.code === "string" && /^[A-Z][A-Z0-9_]{1,60}$/.test(error.code))
      return error.code;
    if (/^[A-Za-z]{1,60}$/.test(error.name)) return error.name;
  }
  return "failure";
}

/** Whether the request may be written, now that the connection stands. */
async function mayLeave({ departure }: TransportRequest): Promise<boolean> {
  try {
    return departure === undefined || (await departure());
  } catch {
    return false;
  }
}

/** The transport over node:http and node:https. Follows no redirect, sends nothing twice and never rejects. */
export const exchange: Transport = (wanted) =>
  new Promise((resolve) => {
    let written = false;
    let outgoing: ClientRequest | null = null;
    let incoming: IncomingMessage | null = null;

    const stop = (code: string) => {
      const fault = new ExchangeFault(code);
      incoming?.destroy(fault);
      outgoing?.destroy(fault);
      fail(fault);
    };
    const abort = () => {
      const reason: unknown = wanted.signal?.reason;
      stop(reason instanceof Error && reason.name === "TimeoutError" ? "TIMEOUT" : "ABORTED");
    };
    let timer = setTimeout(() => stop("CONNECT_TIMEOUT"), wanted.connectTimeoutMs);
    const settle = () => {
      clearTimeout(timer);
      wanted.signal?.removeEventListener("abort", abort);
    };
    const fail = (error: unknown) => {
      settle();
      resolve({ answered: false, written, reason: faultReason(error) });
    };
    const write = async () => {
      clearTimeout(timer);
      if (!(await mayLeave(wanted))) return stop("WITHHELD");
      if (outgoing === null || outgoing.destroyed) return stop("ECONNRESET");
      timer = setTimeout(() => stop("READ_TIMEOUT"), wanted.readTimeoutMs);
      written = true;
      outgoing.end(wanted.body ?? undefined);
    };

    if (wanted.signal?.aborted === true) return abort();
    wanted.signal?.addEventListener("abort", abort);
    const secure = wanted.url.protocol === "https:";
    try {
      outgoing = (secure ? secureRequest : plainRequest)({
        agent: false,
        // Node's own limit of 16 KiB is an error, and an answer that is an error is lost.
        maxHeaderSize: 64 * 1024,
        method: wanted.method,
        hostname: wanted.url.hostname.replace(/^\[|\]$/g, ""),
        port: wanted.url.port === "" ? (secure ? 443 : 80) : Number(wanted.url.port),
        path: wanted.target,
        headers: wanted.headers,
        ...(wanted.lookup === null ? {} : { lookup: wanted.lookup }),
      });
    } catch (error) {
      return fail(error);
    }
    // Nothing is written before `end`, so headers and body wait for the handshake.
    outgoing.once("socket", (socket) => {
      // A call is silent for up to five minutes; firewalls and NAT gateways forget a connection after less.
      socket.setKeepAlive(true, KEEP_ALIVE_MS);
      if (!secure && !socket.connecting) write();
      else socket.once(secure ? "secureConnect" : "connect", write);
    });
    // Stays for good: an error after the answer began reaches the reader through the body.
    outgoing.on("error", fail);
    outgoing.once("response", (response) => {
      incoming = response;
      // Servers say so when a connection is silent for too long.
      if (!written) return stop("ANSWERED_TOO_EARLY");
      response.once("close", settle);
      resolve({
        answered: true,
        status: response.statusCode ?? 0,
        headers: response.headers,
        body: response,
        close: () => response.destroy(),
      });
    });
  });
