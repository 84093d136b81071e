import { type IncomingMessage, request } from "node:http";

/** An answer, read to its end. */
export interface Answer {
  readonly status: number;
  readonly headers: Record<string, string | string[]>;
  readonly body: Buffer;
}

/**
 * Passes a request on as it came and reads the answer. The Host header stays: the signature covers it. Each goes over a
 * connection of its own, as one that was kept may break just when it is used.
 */
export function forward(incoming: IncomingMessage, body: Buffer, target: string): Promise<Answer> {
  const { connection: _, ...headers } = incoming.headers;
  return new Promise((resolve, reject) => {
    const outgoing = request(
      target + incoming.url,
      {
        agent: false,
        method: incoming.method ?? "GET",
        headers: { ...headers, "content-length": body.length },
      },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on("data", (chunk: Buffer) => chunks.push(chunk));
        answer.on("error", reject);
        answer.on("end", () =>
          resolve({
            status: answer.statusCode ?? 502,
            headers: kept(answer.headers),
            body: Buffer.concat(chunks),
          }),
        );
      },
    );
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

/** What a whole answer's headers are, without those of the connection it came over. */
function kept(headers: IncomingMessage["headers"]): Answer["headers"] {
  const { "transfer-encoding": _, connection: __, "keep-alive": ___, ...rest } = headers;
  return Object.fromEntries(
    Object.entries(rest).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}
