import { createServer } from "node:http";
import { type AddressInfo, Socket } from "node:net";
import { afterEach, expect, test, vi } from "vitest";
import { exchange } from "../../../lambdas/platform/transport.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

test("a call that is silent for minutes is kept known to firewalls: TCP asks within their shortest idle time", async () => {
  const keepAlive = vi.spyOn(Socket.prototype, "setKeepAlive");
  const server = createServer((_, response) => response.end("{}")).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;

  const result = await exchange({
    url: new URL(`http://127.0.0.1:${port}/`),
    target: "/",
    method: "GET",
    headers: {},
    body: null,
    connectTimeoutMs: 5000,
    readTimeoutMs: 5000,
    signal: null,
    lookup: null,
  });
  if (result.answered) result.close();
  server.close();

  const delays = keepAlive.mock.calls.filter(([on]) => on === true).map(([, delay]) => delay);
  expect(delays).not.toEqual([]);
  for (const delay of delays) expect(delay).toBeLessThan(60_000);
});
