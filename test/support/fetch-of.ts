import type { ApiUnderTest } from "./in-memory-api.ts";

/** `fetch` as a client has it, over the API in memory, which is at https://api.example/v1. */
export function fetchOf(
  api: Pick<ApiUnderTest, "send">,
): (url: string, init?: RequestInit) => Promise<Response> {
  return async (url, init = {}) => {
    init.signal?.throwIfAborted();
    const { origin, pathname, search } = new URL(url);
    if (origin !== "https://api.example" || !pathname.startsWith("/v1/")) throw new TypeError(`lost: ${url}`);
    const { status, headers, text } = await api.send({
      method: init.method ?? "GET",
      path: pathname.slice("/v1".length) + search,
      headers: Object.fromEntries(new Headers(init.headers)),
      ...(typeof init.body === "string" && { body: init.body }),
    });
    const empty = status === 204 || status === 304;
    return new Response(empty ? null : text, { status, headers });
  };
}
