import { request } from "node:http";
import { buffer } from "node:stream/consumers";

/** What came back for a request, read to its end. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly body: string;
}

/** Asks a port of this machine with exactly these headers, as `fetch` lets nobody choose Host, Origin or Referer. */
export function rawRequest(
  port: number,
  init: { method?: string; path?: string; headers?: Record<string, string>; body?: string | Buffer } = {},
): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const { method = "GET", path = "/", headers = {}, body } = init;
    const outgoing = request({ host: "127.0.0.1", port, method, path, headers, agent: false }, (answer) => {
      buffer(answer).then(
        (bytes) =>
          resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: bytes.toString() }),
        reject,
      );
    });
    outgoing.on("error", reject);
    // A server that takes the upgrade says 101, and no answer follows.
    outgoing.on("upgrade", ({ headers: taken }, socket) => {
      socket.destroy();
      resolve({ status: 101, headers: taken, body: "" });
    });
    outgoing.end(body);
  });
}

/** Headers with which a browser asks for a WebSocket. */
export const webSocketHeaders = {
  connection: "Upgrade",
  upgrade: "websocket",
  "sec-websocket-version": "13",
  "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
} as const;
