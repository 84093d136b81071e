import type { IncomingMessage } from "node:http";

/** Names that mean this machine wherever they are asked for; any other may have been led here by somebody's DNS. */
const OWN_HOST = /^(?:127\.0\.0\.1|\[::1\]|(?:[a-z0-9._-]+\.)?localhost):(\d+)$/;

/**
 * What a browser may have at all: the service's own API and pages, and files of its bucket by their presigned addresses.
 * The emulator takes AWS calls as plain GETs too, which a link in a mail can make: such a navigation names no page.
 */
const FOR_BROWSERS = /^\/_aws\/execute-api\/|^\/image-service-local-[^/?]+\/[^?]+\?(.*&)?X-Amz-Signature=/;
const CALL_OF_AWS = /[?&]Action=/i;

const FOR_PROGRAMS =
  "This address is for programs on this machine, as whoever may call it can run code here and read the provider's key.";

/**
 * Why a request is not let in: undefined when it comes from a local program, or from a page of this very address.
 * Browsers name the page that asks in headers no page can change; programs send none of them. The ports are those that
 * a request may name: our own, and those of local proxies on the way to it.
 */
export function refusal(
  request: Pick<IncomingMessage, "headersDistinct" | "url">,
  ports: readonly [own: number, ...others: number[]],
): string | undefined {
  const [port] = ports;
  const headers = request.headersDistinct;
  const [host, ...otherHosts] = (headers["host"] ?? []).map((value) => value.toLowerCase());
  if (host === undefined || otherHosts.length > 0 || !ports.includes(Number(OWN_HOST.exec(host)?.[1])))
    return `${FOR_PROGRAMS} Ask it by one of its own names: 127.0.0.1:${port}, localhost:${port} or one that ends in .localhost:${port}.`;

  const own = `http://${host}`;
  const others = {
    Origin: headers["origin"]?.some((origin) => origin !== own),
    "Sec-Fetch-Site": headers["sec-fetch-site"]?.some((site) => site !== "same-origin" && site !== "none"),
    // Browsers that are too old for the header above.
    Referer: headers["referer"]?.some((referer) => URL.parse(referer)?.origin !== own),
  };
  for (const [name, foreign] of Object.entries(others))
    if (foreign === true)
      return `${FOR_PROGRAMS} A web page elsewhere has asked (${name}): let a program ask instead, or type the address into the browser yourself.`;

  const url = request.url ?? "";
  if (isBrowser(headers) && (!FOR_BROWSERS.test(url) || CALL_OF_AWS.test(url)))
    return `${FOR_PROGRAMS} Browsers are let in to the service's own pages alone: ask by a program.`;

  if (headers["upgrade"]?.some((protocol) => /websocket/i.test(protocol)))
    return `${FOR_PROGRAMS} None of them needs a WebSocket: ask over plain HTTP.`;
  return undefined;
}

/** Browsers of today say where a request comes from; those of yesterday are known by the name that all of them bear. */
function isBrowser(headers: IncomingMessage["headersDistinct"]): boolean {
  const telling = ["origin", "sec-fetch-site", "referer"].some((name) => headers[name] !== undefined);
  return telling || headers["user-agent"]?.some((agent) => agent.startsWith("Mozilla/")) === true;
}
