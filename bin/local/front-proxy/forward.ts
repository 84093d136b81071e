import { type ClientRequest, type IncomingMessage, type RequestOptions, request } from "node:http";

/** Headers that are about one connection, or about how a body travels over it. */
const HOP_BY_HOP = [
  "connection",
  "expect",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
];

/** Begins the same request at another server, Host and signature as they came. Its body is for the caller to send. */
export function forward(incoming: IncomingMessage, options: RequestOptions): ClientRequest {
  const chunked = incoming.headers["transfer-encoding"] !== undefined;
  return request({
    method: incoming.method,
    path: incoming.url,
    headers: [...endToEnd(incoming), ...(chunked ? ["Transfer-Encoding", "chunked"] : [])],
    ...options,
  });
}

/** The head of the answer; its body is still to be read. */
export function answerTo(outgoing: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => outgoing.on("response", resolve).on("error", reject));
}

/** A message's headers, names and values by turns, without those of the connection it came over. */
export function endToEnd({ rawHeaders, headers }: IncomingMessage): string[] {
  const named = (headers.connection ?? "").toLowerCase().split(/\s*,\s*/);
  return filterHeaders(rawHeaders, (name) => !HOP_BY_HOP.includes(name) && !named.includes(name));
}

/** The headers whose names, in lower case, are wanted. */
export function filterHeaders(headers: readonly string[], wanted: (name: string) => boolean): string[] {
  return headers.filter((_, index) => wanted((headers[index - (index % 2)] ?? "").toLowerCase()));
}
