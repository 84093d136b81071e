import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type FrontProxy, startFrontProxy } from "../../../bin/local/front-proxy/server.ts";
import { rawRequest, webSocketHeaders } from "../../support/raw-request.ts";

/** Behind the proxy: a server that writes down who came. */
let behind: Server;
let proxy: FrontProxy;
let directory: string;
let came: IncomingMessage[];
let answer: (incoming: IncomingMessage, outgoing: ServerResponse) => unknown;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "front-proxy-"));
  came = [];
  answer = (_, outgoing) => outgoing.end("hello");
  behind = createServer((incoming, outgoing) => {
    came.push(incoming);
    answer(incoming, outgoing);
  });
  behind.on("upgrade", (incoming, socket) => {
    came.push(incoming);
    socket.end("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
  });
  const socket = join(directory, "emulator.sock");
  behind.listen(socket);
  await once(behind, "listening");
  proxy = await startFrontProxy(0, socket);
});

afterEach(async () => {
  await proxy.close();
  behind.closeAllConnections();
  behind.close();
  rmSync(directory, { recursive: true, force: true });
});

const ask = (headers: Record<string, string> = {}, init: Parameters<typeof rawRequest>[1] = {}) =>
  rawRequest(proxy.port, { ...init, headers });

/** Text in which PORT stands for the proxy's own, and OTHER for one that looks like it. */
const withPort = (text: string) =>
  text.replaceAll("PORT", String(proxy.port)).replaceAll("OTHER", String(proxy.port ^ 1));

/** Who has come to the server behind, when one that is let in has come after them. */
async function whoCame(): Promise<(string | undefined)[]> {
  await ask({}, { path: "/last" });
  return came.map(({ url }) => url).slice(0, -1);
}

describe("local programs are let in", () => {
  it.each(["127.0.0.1:PORT", "localhost:PORT", "LOCALHOST:PORT", "[::1]:PORT", "bucket.s3.localhost:PORT"])(
    "by the name %s, which the emulator hears as it came",
    async (name) => {
      expect(await ask({ host: withPort(name) })).toMatchObject({ status: 200, body: "hello" });
      expect(came[0]?.headers.host).toBe(withPort(name));
    },
  );

  it("by way of another local proxy, whose name they have signed", async () => {
    const second = await startFrontProxy(0, join(directory, "emulator.sock"), [9999]);
    const asked = ["9999", "9998"].map((port) =>
      rawRequest(second.port, { headers: { host: `127.0.0.1:${port}` } }),
    );
    expect((await Promise.all(asked)).map(({ status }) => status)).toEqual([200, 403]);
    await second.close();
  });

  it.each([
    ["a fetch of its own page", { origin: "http://127.0.0.1:PORT", "sec-fetch-site": "same-origin" }],
    ["its own page's links", { referer: "http://127.0.0.1:PORT/v1/docs", "sec-fetch-site": "same-origin" }],
    ["an address typed into a browser", { "sec-fetch-site": "none" }],
  ])("and so is %s", async (_, headers: Record<string, string>) => {
    const own = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, withPort(value)]));
    expect((await ask(own, { path: "/_aws/execute-api/abc123/v1/docs" })).status).toBe(200);
    const picture = "/image-service-local-store-1/generations/gen_1.png?X-Amz-Expires=3600&X-Amz-Signature=1";
    expect((await ask(own, { path: picture })).status).toBe(200);
  });

  it("programs, whatever they ask for", async () => {
    expect((await ask({}, { path: "/?Action=ListQueues" })).status).toBe(200);
  });
});

describe("a browser that names no foreign page, as after a link in a mail, gets to no call of AWS", () => {
  const browsers: [how: string, headers: Record<string, string>][] = [
    ["by a link or a redirect of one", { "sec-fetch-site": "none", "sec-fetch-mode": "navigate" }],
    ["of yesterday", { "user-agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/605.1.15" }],
    [
      "from a page that the emulator itself has served",
      { "sec-fetch-site": "same-origin", origin: "http://127.0.0.1:PORT" },
    ],
  ];
  const paths = [
    "/?Action=DeleteStack&StackName=image-service-local",
    "/?Action=DeleteStack&X-Amz-Signature=1",
    "/_aws/execute-api/abc123/v1/docs?Action=DeleteStack",
    "/image-service-local-store-1/generations/gen_1.png?X-Amz-Signature=1&action=DeleteStack",
    "/image-service-local-store-1/generations/gen_1.png",
    "/2015-03-31/functions/",
    "/_ministack/health",
    "//_aws/execute-api/abc123/v1/docs",
    "/other-bucket/page.html?X-Amz-Signature=1",
  ];
  it.each(browsers.flatMap(([how, headers]) => paths.map((path) => [how, path, headers] as const)))(
    "%s: %s",
    async (_, path, headers) => {
      const sent = Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, withPort(text)]));
      expect((await ask(sent, { path })).status).toBe(403);
      expect(await whoCame()).toEqual([]);
    },
  );
});

describe("nobody else is: nothing reaches the emulator", () => {
  const strangers: [who: string, headers: Record<string, string>, method?: string][] = [
    ["a page elsewhere", { origin: "https://evil.example" }],
    ["a page elsewhere that posts", { origin: "https://evil.example", "content-type": "text/plain" }, "POST"],
    ["a page without an origin", { origin: "null" }, "POST"],
    ["a page on another port of this machine", { origin: "http://127.0.0.1:1" }],
    ["a page on this port over another protocol", { origin: "https://127.0.0.1:PORT" }],
    ["a page by another name of this machine", { origin: "http://localhost:PORT" }],
    ["an origin that only begins like our own", { origin: "http://127.0.0.1:PORT.evil.example" }],
    ["a preflight", { origin: "https://evil.example", "access-control-request-method": "PUT" }, "OPTIONS"],
    ["a picture or a script of a page elsewhere", { "sec-fetch-site": "cross-site" }],
    ["one of a page on another port", { "sec-fetch-site": "same-site" }],
    ["a site that no browser knows today", { "sec-fetch-site": "near-by" }],
    ["an old browser's page", { referer: "https://evil.example/page" }],
    ["an old browser's page on another port", { referer: "http://127.0.0.1:1/" }],
    ["a name that somebody's DNS leads here", { host: "evil.example:PORT" }],
    [
      "such a name, with a page of the same origin",
      { host: "evil.example:PORT", origin: "http://evil.example:PORT" },
    ],
    ["a name that only begins like our own", { host: "127.0.0.1.evil.example:PORT" }],
    ["a name that only ends like our own", { host: "evillocalhost:PORT" }],
    ["our name with another port", { host: "127.0.0.1:OTHER" }],
    ["our name without a port", { host: "localhost" }],
    ["a name with a user before it", { host: "evil@localhost:PORT" }],
    ["a WebSocket", webSocketHeaders],
    ["a WebSocket of a page elsewhere", { ...webSocketHeaders, origin: "https://evil.example" }],
  ];
  it.each(strangers)("%s", async (_, headers, method = "GET") => {
    const sent = Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, withPort(text)]));
    const body = method === "POST" ? "{}" : undefined;
    const refused = await ask(sent, { method, ...(body !== undefined && { body }) });

    expect(refused.status).toBe(403);
    expect(refused.headers["content-type"]).toBe("text/plain; charset=utf-8");
    expect(Object.keys(refused.headers).filter((name) => name.startsWith("access-control-"))).toEqual([]);
    expect(refused.body).toMatch(/^This address is for programs on this machine.*(ask|Ask)/);
    expect(await whoCame()).toEqual([]);
  });

  it("somebody with two names", async () => {
    const names = [`127.0.0.1:${proxy.port}`, "evil.example"];
    const headers = names.flatMap((name) => ["Host", name]);
    const outgoing = request({ host: "127.0.0.1", port: proxy.port, headers, agent: false }).end();
    const [refused]: IncomingMessage[] = await once(outgoing, "response");
    outgoing.destroy();
    expect([refused?.statusCode, await whoCame()]).toEqual([403, []]);
  });

  it("a body that waits for leave is not asked for", async () => {
    const outgoing = request({ host: "127.0.0.1", port: proxy.port, method: "PUT", agent: false });
    let asked = false;
    outgoing.on("continue", () => {
      asked = true;
    });
    outgoing.setHeader("expect", "100-continue").setHeader("origin", "https://evil.example");
    outgoing.flushHeaders();
    const [refused]: IncomingMessage[] = await once(outgoing, "response");
    outgoing.destroy();
    expect([refused?.statusCode, asked, await whoCame()]).toEqual([403, false, []]);
  });
});

describe("what is let in passes unchanged", () => {
  it("an answer, but for its word on other origins", async () => {
    answer = (_, outgoing) => {
      outgoing.writeHead(418, "A teapot", [
        ...["Access-Control-Allow-Origin", "*", "access-control-expose-headers", "*"],
        ...["Set-Cookie", "a=1", "Set-Cookie", "b=2", "X-Amzn-RequestId", "r"],
      ]);
      outgoing.end("tea");
    };
    const { status, headers, body } = await ask();
    expect([status, body, headers["set-cookie"]]).toEqual([418, "tea", ["a=1", "b=2"]]);
    expect(headers["x-amzn-requestid"]).toBe("r");
    expect(Object.keys(headers).filter((name) => name.startsWith("access-control-"))).toEqual([]);
  });

  it("a request: method, path, headers", async () => {
    const path = "/bucket/a%20b?X-Amz-Signature=1&x=%2F";
    await ask({ authorization: "AWS4-HMAC-SHA256 x", "x-amz-target": "t" }, { method: "DELETE", path });
    expect(came[0]).toMatchObject({ method: "DELETE", url: path });
    expect(came[0]?.headers).toMatchObject({ authorization: "AWS4-HMAC-SHA256 x", "x-amz-target": "t" });
  });

  it("HEAD, with the length of what it does not send", async () => {
    answer = (_, outgoing) => outgoing.writeHead(200, { "content-length": "12345" }).end();
    const { headers, body } = await ask({}, { method: "HEAD" });
    expect([headers["content-length"], body]).toEqual(["12345", ""]);
  });

  const sha256 = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");
  it.each([
    ["of a known length", false],
    ["in chunks", true],
  ])("20 MB each way, %s", async (_, chunked) => {
    const sent = randomBytes(20_000_000);
    answer = async (incoming, outgoing) => {
      const bytes = await buffer(incoming);
      outgoing.writeHead(200, chunked ? {} : { "content-length": bytes.length });
      outgoing.end(bytes);
    };
    const outgoing = request({ host: "127.0.0.1", port: proxy.port, method: "PUT", agent: false });
    if (!chunked) outgoing.setHeader("content-length", sent.length);
    outgoing.write(sent.subarray(0, 1000));
    outgoing.end(sent.subarray(1000));
    const [answered]: IncomingMessage[] = await once(outgoing, "response");
    expect(sha256(await buffer(answered!))).toBe(sha256(sent));
    const { "content-length": length, "transfer-encoding": encoding } = came[0]!.headers;
    expect([length, encoding]).toEqual(chunked ? [undefined, "chunked"] : ["20000000", undefined]);
  });

  it("a body that waits for leave", async () => {
    answer = async (incoming, outgoing) => outgoing.end(await buffer(incoming));
    const outgoing = request({ host: "127.0.0.1", port: proxy.port, method: "PUT", agent: false });
    outgoing.setHeader("expect", "100-continue");
    outgoing.flushHeaders();
    await once(outgoing, "continue");
    outgoing.end("picture");
    const [answered]: IncomingMessage[] = await once(outgoing, "response");
    expect((await buffer(answered!)).toString()).toBe("picture");
  });

  it("the first word of an answer before its last", async () => {
    answer = (_, outgoing) => outgoing.write("first");
    const outgoing = request({ host: "127.0.0.1", port: proxy.port, agent: false }).end();
    const [answered]: IncomingMessage[] = await once(outgoing, "response");
    const [first]: Buffer[] = await once(answered!, "data");
    expect(first?.toString()).toBe("first");
    answered!.on("error", () => {});
    outgoing.destroy();
  });

  it("an offer of HTTP/2, which is ignored", async () => {
    expect((await ask({ connection: "Upgrade, HTTP2-Settings", upgrade: "h2c" })).body).toBe("hello");
    expect(came[0]?.headers.upgrade).toBeUndefined();
  });
});

describe("when one side is gone", () => {
  it("the emulator's: one sentence says so", async () => {
    behind.closeAllConnections();
    behind.close();
    expect(await ask()).toMatchObject({
      status: 502,
      body: expect.stringMatching(/^The AWS emulator .*\.\n$/),
    });
  });

  it("the emulator's, in the middle of an answer: the answer breaks", async () => {
    answer = (_, outgoing) => {
      outgoing.writeHead(200, { "content-length": "100" }).write("half");
      setTimeout(() => outgoing.destroy(), 20);
    };
    await expect(ask()).rejects.toThrow();
  });

  it("the client's: the emulator hears of it", async () => {
    answer = () => {};
    const outgoing = request({ host: "127.0.0.1", port: proxy.port, agent: false }).end();
    outgoing.on("error", () => {});
    await expect.poll(() => came.length).toBe(1);
    outgoing.destroy();
    await expect.poll(() => came[0]?.socket.destroyed).toBe(true);
  });

  it("neither's: the connection to the emulator is used again", async () => {
    for (let round = 0; round < 3; round++) {
      await ask();
      await delay(5);
    }
    expect(new Set(came.map(({ socket }) => socket)).size).toBe(1);
  });
});
