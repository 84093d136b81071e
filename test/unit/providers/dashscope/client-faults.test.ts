import { createServer, type RequestListener } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { createDashScopeClient } from "../../../../lambdas/providers/dashscope/client.ts";
import type { PaintRequest } from "../../../../lambdas/providers/port.ts";

const fox: PaintRequest = {
  model: "qwen-image-max",
  prompt: "a red fox",
  negative_prompt: null,
  size: "1664*928",
  n: 1,
  seed: 7,
  prompt_extend: true,
  watermark: false,
};
const open = new Set<{ server: Server; sockets: Set<Socket> }>();

async function listening(server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket) => sockets.add(socket));
  open.add({ server, sockets });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

async function provider(listener: RequestListener): Promise<string> {
  return `http://127.0.0.1:${await listening(createServer(listener))}`;
}

function client(baseUrl: string, timeouts = { readTimeoutMs: 5000, connectTimeoutMs: 5000 }) {
  return createDashScopeClient({ baseUrl, ...timeouts });
}

const notSent = { outcome: "rejected", problem: "provider_unavailable", retry: "always", sent: false };

afterEach(() => {
  for (const { server, sockets } of open) {
    for (const socket of sockets) socket.destroy();
    server.close();
  }
  open.clear();
});

describe("a request that never left", () => {
  test("a refused connection", async () => {
    const server = createTcpServer();
    const port = await listening(server);
    await new Promise((resolve) => server.close(resolve));
    const submission = await client(`http://127.0.0.1:${port}`).submit(fox, { apiKey: "sk-test" });
    expect(submission).toMatchObject({ ...notSent, provider: { message: "not sent: ECONNREFUSED" } });
  });

  test("a name that does not resolve", async () => {
    const submission = await client("https://dashscope.invalid").submit(fox, { apiKey: "sk-test" });
    expect(submission).toMatchObject(notSent);
  });

  test("a server that does not speak TLS sees no byte of the request", async () => {
    let seen = "";
    const port = await listening(
      createTcpServer((socket) => {
        socket.on("error", () => {});
        socket.on("data", (bytes) => {
          seen += bytes.toString("latin1");
          socket.end("HTTP/1.1 400 Bad Request\r\n\r\n");
        });
      }),
    );
    const submission = await client(`https://127.0.0.1:${port}`).submit(fox, { apiKey: "sk-test" });
    expect(submission).toMatchObject(notSent);
    expect(seen).not.toContain("POST");
  });

  test("a TLS handshake that hangs", async () => {
    const port = await listening(createTcpServer());
    const submission = await client(`https://127.0.0.1:${port}`, {
      readTimeoutMs: 5000,
      connectTimeoutMs: 50,
    }).submit(fox, { apiKey: "sk-test" });
    expect(submission).toMatchObject({ ...notSent, provider: { message: "not sent: CONNECT_TIMEOUT" } });
  });

  test("an abort before the start", async () => {
    let requests = 0;
    const baseUrl = await provider(() => requests++);
    const submission = await client(baseUrl).submit(fox, { apiKey: "sk-test", signal: AbortSignal.abort() });
    expect(submission).toMatchObject(notSent);
    expect(requests).toBe(0);
  });
});

describe("an answer that was lost", () => {
  test("a reset after the request arrived, and nothing is sent again", async () => {
    let requests = 0;
    const baseUrl = await provider((request) => {
      requests++;
      request.resume().on("end", () => request.socket.resetAndDestroy());
    });
    const submission = await client(baseUrl).submit(fox, { apiKey: "sk-test" });
    expect(submission).toMatchObject({ outcome: "unknown", detail: "no answer: ECONNRESET" });
    expect(requests).toBe(1);
  });

  test("a connection closed without an answer", async () => {
    const baseUrl = await provider((request) => request.socket.end());
    expect(await client(baseUrl).submit(fox, { apiKey: "sk-test" })).toMatchObject({ outcome: "unknown" });
  });

  test("no answer within the read timeout", async () => {
    const baseUrl = await provider(() => {});
    const submission = await client(baseUrl, { readTimeoutMs: 50, connectTimeoutMs: 5000 }).submit(fox, {
      apiKey: "sk-test",
    });
    expect(submission).toMatchObject({ outcome: "unknown", detail: "no answer: READ_TIMEOUT" });
  });

  test("a body that stalls past the read timeout", async () => {
    const baseUrl = await provider((_request, response) => {
      response.writeHead(200, { "content-type": "application/json" }).write('{"output":');
    });
    const submission = await client(baseUrl, { readTimeoutMs: 100, connectTimeoutMs: 5000 }).submit(fox, {
      apiKey: "sk-test",
    });
    expect(submission).toMatchObject({ outcome: "unknown", provider: { status: 200 } });
  });

  test("a body shorter than announced", async () => {
    const baseUrl = await provider((_request, response) => {
      response.writeHead(200, { "content-length": "1000" }).write('{"output":{"choices":[');
      setImmediate(() => response.socket?.destroy());
    });
    expect(await client(baseUrl).submit(fox, { apiKey: "sk-test" })).toMatchObject({ outcome: "unknown" });
  });

  test("something that is not HTTP", async () => {
    const port = await listening(
      createTcpServer((socket) => socket.once("data", () => socket.end("hello\r\n\r\n"))),
    );
    const submission = await client(`http://127.0.0.1:${port}`).submit(fox, { apiKey: "sk-test" });
    expect(submission).toMatchObject({ outcome: "unknown" });
  });

  test("an abort after the request has left", async () => {
    const abort = new AbortController();
    const baseUrl = await provider(() => abort.abort());
    const submission = await client(baseUrl).submit(fox, { apiKey: "sk-test", signal: abort.signal });
    expect(submission).toMatchObject({ outcome: "unknown", detail: "no answer: ABORTED" });
  });
});

test("a redirect is not followed", async () => {
  const paths: (string | undefined)[] = [];
  const baseUrl = await provider((request, response) => {
    paths.push(request.url);
    response.writeHead(307, { location: "/elsewhere" }).end();
  });
  expect(await client(baseUrl).submit(fox, { apiKey: "sk-test" })).toMatchObject({ outcome: "unknown" });
  expect(paths).toEqual(["/api/v1/services/aigc/multimodal-generation/generation"]);
});

test("every call has a connection of its own", async () => {
  const ports = new Set<number | undefined>();
  const baseUrl = await provider((request, response) => {
    ports.add(request.socket.remotePort);
    response.writeHead(400).end('{"code":"InvalidParameter"}');
  });
  const provided = client(baseUrl);
  for (let call = 0; call < 3; call++) {
    expect(await provided.submit(fox, { apiKey: "sk-test" })).toMatchObject({ problem: "provider_rejected" });
  }
  expect(ports.size).toBe(3);
});

test("an answer with headers of 40 KB is read", async () => {
  const baseUrl = await provider((_request, response) => {
    response.writeHead(400, { "x-trace": "x".repeat(40 * 1024) }).end('{"code":"InvalidParameter"}');
  });
  expect(await client(baseUrl).submit(fox, { apiKey: "sk-test" })).toMatchObject({
    problem: "provider_rejected",
  });
});
