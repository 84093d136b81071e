import type { IncomingMessage } from "node:http";
import { buffer } from "node:stream/consumers";
import { answerTo, endToEnd, filterHeaders, forward } from "../../../bin/local/front-proxy/forward.ts";

/** An answer, read to its end. */
export interface Answer {
  readonly status: number;
  readonly headers: string[];
  readonly body: Buffer;
}

/**
 * Passes a request on as it came and reads the answer. Each goes over a connection of its own, as one that was kept may
 * break just when it is used.
 */
export async function forwardWhole(incoming: IncomingMessage, body: Buffer, target: string): Promise<Answer> {
  const { hostname, port } = new URL(target);
  const headers = filterHeaders(endToEnd(incoming), (name) => name !== "content-length");
  const outgoing = forward(incoming, {
    agent: false,
    hostname,
    port,
    headers: [...headers, "Content-Length", String(body.length)],
  });
  outgoing.end(body);
  const answer = await answerTo(outgoing);
  return { status: answer.statusCode ?? 502, headers: endToEnd(answer), body: await buffer(answer) };
}
