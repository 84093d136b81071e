import { createServer, type Server } from "node:http";
import {
  type AddressInfo,
  createServer as createNetServer,
  type Server as NetServer,
  Socket,
} from "node:net";
import { afterEach, expect, test, vi } from "vitest";
import { exchange } from "../../../lambdas/platform/transport.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

test("a call that is silent for minutes is kept known to firewalls: TCP asks within their shortest idle time", async () => {
  const keepAlive = vi.spyOn(Socket.prototype, "setKeepAlive");
  const server = createServer((_, response) => response.end("{}"));
  const result = await exchange(get(await listening(server)));
  if (result.answered) result.close();
  server.close();

  const delays = keepAlive.mock.calls.filter(([on]) => on === true).map(([, delay]) => delay);
  expect(delays).not.toEqual([]);
  for (const delay of delays) expect(delay).toBeLessThan(60_000);
});

test("a request leaves when it may, over a connection that stood before", async () => {
  const arrivals: string[] = [];
  const server = createServer((_, response) => {
    arrivals.push("request");
    response.end("{}");
  }).on("connection", () => arrivals.push("connection"));
  const url = await listening(server);
  const departure = async () => {
    arrivals.push("departure");
    return true;
  };
  const result = await exchange({ ...get(url), departure });
  if (result.answered) result.close();
  server.close();
  expect(arrivals).toEqual(["connection", "departure", "request"]);
});

test("a request that may not leave, or cannot tell, has not left", async () => {
  const server = createServer(() => expect.unreachable());
  const url = await listening(server);
  for (const departure of [async () => false, () => Promise.reject(new Error("no"))])
    expect(await exchange({ ...get(url), departure })).toEqual({
      answered: false,
      written: false,
      reason: "WITHHELD",
    });
  server.closeAllConnections();
  server.close();
});

test("a connection that ends before the departure carried nothing: the answer of such a server is no answer", async () => {
  for (const farewell of ["", "HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\n\r\n"]) {
    const server = createNetServer((socket) => socket.end(farewell));
    const url = await listening(server);
    const departure = () => new Promise<boolean>((resolve) => server.close(() => resolve(true)));
    expect(await exchange({ ...get(url), departure })).toMatchObject({ answered: false, written: false });
  }
});

function get(url: string) {
  return {
    url: new URL(url),
    target: "/",
    method: "GET" as const,
    headers: {},
    body: null,
    connectTimeoutMs: 5000,
    readTimeoutMs: 5000,
    signal: null,
    lookup: null,
  };
}

async function listening(server: Server | NetServer): Promise<string> {
  server.listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
