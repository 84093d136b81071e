import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import { createCanvas } from "@napi-rs/canvas";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Download, type DownloadOptions, downloadImage } from "../../../lambdas/images/download.ts";
import { checkResultUrl } from "../../../lambdas/providers/dashscope/result-hosts.ts";
import { chunk, header, SIGNATURE, samplePng } from "./sample-png.ts";

const picture = samplePng(40, 30);
const expected = { width: 40, height: 30 };
const noPicture = "no PNG, JPEG or WebP";
let directory = "";
const servers: Server[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "download-"));
});
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
  rmSync(directory, { recursive: true, force: true });
});

async function storage(listener: RequestListener): Promise<string> {
  const started = createServer(listener);
  servers.push(started);
  await new Promise<void>((resolve) => started.listen(0, "127.0.0.1", resolve));
  return `127.0.0.1:${(started.address() as AddressInfo).port}`;
}

/** Fetches from a storage that answers with `bytes` and `headers`. */
async function fetched(
  bytes: Uint8Array,
  headers: Record<string, string> = {},
  options: Partial<DownloadOptions> = {},
) {
  const requests: IncomingMessage[] = [];
  const host = await storage((request, response) => {
    requests.push(request);
    response.writeHead(200, { "content-length": String(bytes.length), ...headers }).end(bytes);
  });
  return { result: await download(host, options), requests };
}

/** Any path and scheme at these hosts. */
function allowing(...hosts: string[]): DownloadOptions["check"] {
  return (address) => {
    const url = new URL(address);
    return hosts.includes(url.host)
      ? { allowed: true, url, target: address.slice(url.origin.length), mayBePrivate: true }
      : { allowed: false, fault: "unknown_host", host: url.host };
  };
}

function download(host: string, options: Partial<DownloadOptions> = {}) {
  return downloadImage(`http://${host}/a.png?Signature=x%2By'z`, {
    directory,
    check: allowing(host),
    timeoutMs: 5000,
    ...options,
  });
}

/** What the caller is handed: the answer, and the bytes in its file. */
async function kept(result: Download) {
  if (result.kind !== "downloaded" && result.kind !== "refused") throw new Error(JSON.stringify(result));
  const bytes = readFileSync(result.path);
  expect(result.bytes).toBe(bytes.length);
  expect(result.sha256).toBe(createHash("sha256").update(bytes).digest("hex"));
  expect(Buffer.from(result.sha256Base64, "base64").toString("hex")).toBe(result.sha256);
  expect(leftovers()).toHaveLength(1);
  await result.discard();
  expect(leftovers()).toEqual([]);
  return bytes;
}

const leftovers = () => readdirSync(directory);

describe("a good picture", () => {
  test("arrives in a private file, with its digest", async () => {
    const { result, requests } = await fetched(picture, { "content-type": "application/octet-stream" });
    if (result.kind !== "downloaded") throw new Error(JSON.stringify(result));
    expect(result).toMatchObject({ contentType: "image/png", ...expected });
    expect(statSync(result.path).mode & 0o777).toBe(0o600);
    expect(requests).toHaveLength(1);
    expect(requests[0]?.url).toBe("/a.png?Signature=x%2By'z");
    expect(requests[0]?.headers).not.toHaveProperty("authorization");
    expect(requests[0]?.headers.connection).toBe("close");

    expect(await kept(result)).toEqual(picture);
    await result.discard();
  });

  test("needs no length when it comes in chunks", async () => {
    const host = await storage((_request, response) => {
      response.write(picture.subarray(0, 10));
      response.end(picture.subarray(10));
    });
    const result = await download(host);
    expect(result).toMatchObject({ kind: "downloaded", ...expected });
    expect(await kept(result)).toEqual(picture);
  });

  test.each<[string, Record<string, string>]>([
    ["ETag", { etag: `"${"0".repeat(32)}"` }],
    ["Content-MD5", { "content-md5": "AAAAAAAAAAAAAAAAAAAAAA==" }],
    ["CRC-64", { "x-oss-hash-crc64ecma": "12" }],
  ])("whose header %s is of other bytes is stored: the picture proves itself", async (_name, headers) => {
    const { result } = await fetched(picture, headers);
    expect(result).toMatchObject({ kind: "downloaded" });
    expect(await kept(result)).toEqual(picture);
  });

  test.each([
    ["image/jpeg", createCanvas(40, 30).toBuffer("image/jpeg")],
    ["image/webp", createCanvas(40, 30).toBuffer("image/webp")],
  ])("of %s is stored as what it is, whatever its header says", async (contentType, bytes) => {
    const { result } = await fetched(bytes, { "content-type": "image/png" });
    expect(result).toMatchObject({ kind: "downloaded", contentType, ...expected });
    expect(await kept(result)).toEqual(bytes);
  });

  test("comes with 203", async () => {
    const host = await storage((_request, response) => response.writeHead(203).end(picture));
    expect(await kept(await download(host))).toEqual(picture);
  });

  test("comes as 206 of all its bytes", async () => {
    const range = `bytes 0-${picture.length - 1}/${picture.length}`;
    const host = await storage((_request, response) =>
      response.writeHead(206, { "content-range": range }).end(picture),
    );
    expect(await kept(await download(host))).toEqual(picture);
  });

  test.each<[string, (bytes: Uint8Array) => Uint8Array]>([
    ["gzip", gzipSync],
    ["x-gzip", gzipSync],
    ["deflate", deflateSync],
    ["br", brotliCompressSync],
    ["zstd", zstdCompressSync],
    ["GZIP , br", (bytes) => brotliCompressSync(gzipSync(bytes))],
    ["identity", (bytes) => bytes],
  ])("in %s, which nobody asked for, is unpacked", async (encoding, pack) => {
    const { result } = await fetched(pack(picture), { "content-encoding": encoding });
    expect(result).toMatchObject({ kind: "downloaded", ...expected });
    expect(await kept(result)).toEqual(picture);
  });

  test.each(["gzip", "br", "unheard-of"])("is not packed, although its header says %s", async (encoding) => {
    const { result } = await fetched(picture, { "content-encoding": encoding });
    expect(result).toMatchObject({ kind: "downloaded" });
    expect(await kept(result)).toEqual(picture);
  });
});

describe("bytes that are not the picture are kept", () => {
  const packed = gzipSync(Buffer.from("a page"));

  test.each<[string, Uint8Array, Record<string, string>, string]>([
    ["a page", Buffer.from("<html>Sign in</html>"), {}, noPicture],
    ["an end without IEND", picture.subarray(0, -12), {}, "ends before IEND"],
    ["a part of a signature", picture.subarray(0, 4), {}, "ends before IEND"],
    [
      "pixels that do not inflate",
      Buffer.concat([SIGNATURE, header(40, 30), chunk("IDAT", Buffer.from("??")), chunk("IEND")]),
      {},
      "the image data is not whole",
    ],
    [
      "a page that was to be unpacked",
      Buffer.from("a page"),
      { "content-encoding": "gzip" },
      "not gzip, as its header says",
    ],
    [
      "half a packed page",
      packed.subarray(0, -9),
      { "content-encoding": "gzip" },
      "not gzip, as its header says",
    ],
    [
      "an encoding that we do not know",
      packed,
      { "content-encoding": "compress" },
      "an unknown content encoding",
    ],
  ])("%s", async (_name, bytes, headers, detail) => {
    const { result } = await fetched(bytes, headers);
    expect(result).toMatchObject({ kind: "refused", detail });
    expect(await kept(result)).toEqual(Buffer.from(bytes));
  });

  test("a page that was packed, unpacked", async () => {
    const { result } = await fetched(packed, { "content-encoding": "gzip" });
    expect(result).toMatchObject({ kind: "refused", detail: noPicture });
    expect(await kept(result)).toEqual(Buffer.from("a page"));
  });

  test("a file over the cap, up to the cap", async () => {
    const maxBytes = picture.length - 1;
    const { result } = await fetched(picture, {}, { maxBytes });
    expect(result).toMatchObject({ kind: "refused", detail: `larger than ${maxBytes} bytes` });
    expect(await kept(result)).toEqual(picture.subarray(0, maxBytes));
  });

  test("an endless stream, up to the cap", async () => {
    const host = await storage((_request, response) => {
      const more = () => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536)));
      };
      response.on("drain", more);
      more();
    });
    const result = await download(host, { maxBytes: 1_000_000 });
    expect(result).toMatchObject({ kind: "refused", bytes: 1_000_000 });
    await kept(result);
  });

  test("a bomb, packed as it came", async () => {
    const bomb = gzipSync(Buffer.alloc(3_000_000));
    const { result } = await fetched(bomb, { "content-encoding": "gzip" }, { maxBytes: 1_000_000 });
    expect(result).toMatchObject({ kind: "refused", detail: "larger than 1000000 bytes when decoded" });
    expect(await kept(result)).toEqual(bomb);
  });
});

describe("a transfer that failed leaves no file", () => {
  afterEach(() => expect(leftovers()).toEqual([]));

  test("fewer bytes than announced", async () => {
    const host = await storage((_request, response) => {
      response.writeHead(200, { "content-length": String(picture.length) }).write(picture.subarray(0, 50));
      setImmediate(() => response.socket?.destroy());
    });
    expect(await download(host)).toEqual({ kind: "transfer_failed", detail: "ECONNRESET" });
  });

  test("an early end where nothing told the length", async () => {
    const host = await storage((_request, response) => {
      response.socket?.end(Buffer.concat([Buffer.from("HTTP/1.0 200 OK\r\n\r\n"), picture.subarray(0, 60)]));
    });
    expect(await download(host)).toEqual({ kind: "transfer_failed", detail: "ends before IEND" });
  });

  test("an empty answer", async () => {
    const { result } = await fetched(Buffer.alloc(0));
    expect(result).toEqual({ kind: "transfer_failed", detail: "an empty answer" });
  });

  test.each([
    [`bytes 0-9/${picture.length}`],
    [`bytes 1-${picture.length - 1}/${picture.length}`],
    [`bytes 0-${picture.length - 1}/*`],
    [undefined],
  ])("206 of %s", async (range) => {
    const host = await storage((_request, response) =>
      response.writeHead(206, range === undefined ? {} : { "content-range": range }).end(picture),
    );
    expect(await download(host)).toEqual({ kind: "transfer_failed", detail: "a part of the file" });
  });

  test("206 of another length than it says", async () => {
    const host = await storage((_request, response) =>
      response.writeHead(206, { "content-range": "bytes 0-4/5" }).end(picture),
    );
    expect(await download(host)).toEqual({
      kind: "transfer_failed",
      detail: "another length than announced",
    });
  });

  test("a stall", async () => {
    const host = await storage((_request, response) => {
      response.writeHead(200, { "content-length": String(picture.length) }).write(picture.subarray(0, 50));
    });
    expect(await download(host, { timeoutMs: 100 })).toEqual({ kind: "transfer_failed", detail: "TIMEOUT" });
  });

  test("an abort by the caller", async () => {
    const abort = new AbortController();
    const host = await storage(() => abort.abort());
    expect(await download(host, { signal: abort.signal })).toEqual({
      kind: "transfer_failed",
      detail: "ABORTED",
    });
  });

  test("a refused connection", async () => {
    const host = await storage(() => {});
    await new Promise((resolve) => servers.pop()?.close(resolve));
    expect(await download(host)).toEqual({ kind: "transfer_failed", detail: "ECONNREFUSED" });
  });

  test("a directory that is not there", async () => {
    const { result } = await fetched(picture, {}, { directory: join(directory, "absent") });
    expect(result).toEqual({ kind: "transfer_failed", detail: "ENOENT" });
  });

  test.each([204, 304, 400, 429, 500, 503])("status %i", async (status) => {
    const host = await storage((_request, response) => response.writeHead(status).end());
    expect(await download(host)).toEqual({ kind: "transfer_failed", detail: `status ${status}` });
  });
});

describe("a redirect", () => {
  /** A storage that redirects from `/a.png` to what `location` says, and serves the picture everywhere else. */
  async function redirecting(status: number, location: (host: string) => string) {
    const paths: unknown[] = [];
    const host: string = await storage((request, response) => {
      paths.push(request.url);
      if (request.url?.startsWith("/a.png") === true)
        response.writeHead(status, { location: Buffer.from(location(host)).toString("latin1") }).end("moved");
      else response.end(picture);
    });
    return { host, paths };
  }

  test.each([301, 302, 303, 307, 308])("by %i is followed to a host that is allowed", async (status) => {
    const { host, paths } = await redirecting(status, (own) => `http://${own}/b.png?S=a%2Bb'`);
    expect(await kept(await download(host))).toEqual(picture);
    expect(paths).toEqual(["/a.png?Signature=x%2By'z", "/b.png?S=a%2Bb'"]);
  });

  test.each([
    ["/b.png?x=1", "/b.png?x=1"],
    ["b.png", "/b.png"],
    ["?x=1", "/a.png?x=1"],
    ["/图.png", "/%E5%9B%BE.png"],
  ])("to %s leads to %s", async (location, path) => {
    let asked: unknown;
    const host = await storage((request, response) => {
      asked = request.url;
      if (request.url === "/a.png?Signature=x%2By'z")
        response.writeHead(302, { location: Buffer.from(location).toString("latin1") }).end();
      else response.end(picture);
    });
    await kept(await download(host));
    expect(asked).toBe(path);
  });

  test("to a host that is not allowed is not followed, and names it", async () => {
    let asked = 0;
    const other = await storage(() => asked++);
    const { host } = await redirecting(302, () => `http://${other}/secret`);
    expect(await download(host)).toEqual({ kind: "unknown_host", host: other });
    expect(asked).toBe(0);
  });

  test("to an allowed name at a private address is not followed", async () => {
    const { host } = await redirecting(302, () => "http://allowed.example:1/");
    const result = await download(host, {
      check: (url) => {
        const checked = allowing(host, "allowed.example:1")(url);
        return checked.allowed ? { ...checked, mayBePrivate: checked.url.host === host } : checked;
      },
      resolve: async () => [{ address: "169.254.169.254", family: 4 }],
    });
    expect(result).toEqual({ kind: "unknown_host", host: "allowed.example:1" });
  });

  test("in a circle ends after five", async () => {
    const { host, paths } = await redirecting(302, () => "/a.png");
    expect(await download(host)).toEqual({ kind: "transfer_failed", detail: "too many redirects" });
    expect(paths).toHaveLength(6);
  });

  test("to nowhere is a failed transfer", async () => {
    const host = await storage((_request, response) => response.writeHead(302).end());
    expect(await download(host)).toEqual({ kind: "transfer_failed", detail: "status 302" });
  });
});

test.each([403, 404, 410])("status %i is gone", async (status) => {
  const host = await storage((_request, response) => response.writeHead(status).end("<Error/>"));
  expect(await download(host)).toEqual({ kind: "gone", status });
});

describe("an address with &amp;", () => {
  async function asking(served: string, status = 403) {
    const paths: unknown[] = [];
    const host = await storage((request, response) => {
      paths.push(request.url);
      if (request.url === served) response.end(picture);
      else response.writeHead(status).end();
    });
    const options = { directory, check: allowing(host), timeoutMs: 5000 };
    return { paths, result: await downloadImage(`http://${host}/a.png?a=1&amp;b=2`, options) };
  }

  test("is asked as it was given", async () => {
    const { paths, result } = await asking("/a.png?a=1&amp;b=2");
    await kept(result);
    expect(paths).toEqual(["/a.png?a=1&amp;b=2"]);
  });

  test.each([403, 404])("is asked unescaped after %i", async (status) => {
    const { paths, result } = await asking("/a.png?a=1&b=2", status);
    expect(await kept(result)).toEqual(picture);
    expect(paths).toEqual(["/a.png?a=1&amp;b=2", "/a.png?a=1&b=2"]);
  });

  test("is gone when neither is there", async () => {
    const { paths, result } = await asking("/", 404);
    expect(result).toEqual({ kind: "gone", status: 404 });
    expect(paths).toHaveLength(2);
  });
});

describe("hosts", () => {
  test.each(["unknown_host", "other_port"] as const)(
    "one that is refused as %s is not asked",
    async (fault) => {
      let asked = 0;
      const host = await storage(() => asked++);
      const check = () => ({ allowed: false, fault, host }) as const;
      expect(await download(host, { check })).toEqual({ kind: fault, host });
      expect(asked).toBe(0);
    },
  );

  test.each(["127.0.0.1", "169.254.169.254", "10.0.0.8", "::1", "::ffff:10.0.0.8", "::127.0.0.1"])(
    "a known one that leads to %s is not asked",
    async (address) => {
      const host = "dashscope-a.oss-cn-beijing.aliyuncs.com";
      const result = await downloadImage(`https://${host}/a.png`, {
        directory,
        check: (url) => checkResultUrl(url, { extraHosts: [] }),
        timeoutMs: 2000,
        resolve: async () => [{ address, family: address.includes(":") ? 6 : 4 }],
      });
      expect(result).toEqual({ kind: "unknown_host", host });
    },
  );
});

test("memory stays flat: 192 MiB of other chunks and 60 MiB of pixels pass without being held", async () => {
  const mebibyte = 1024 * 1024;
  const label = chunk("siMu", Buffer.alloc(mebibyte, "label"));
  const rows = deflateSync(Buffer.alloc(60 * (mebibyte + 1)), { level: 0 });
  async function* blocks() {
    yield Buffer.concat([SIGNATURE, header(mebibyte, 60)]);
    for (let count = 0; count < 192; count++) yield Buffer.from(label);
    for (let at = 0; at < rows.length; at += mebibyte) yield chunk("IDAT", rows.subarray(at, at + mebibyte));
    yield chunk("IEND");
  }
  const host = await storage(async (_request, response) => {
    for await (const part of blocks()) {
      if (!response.write(part)) await new Promise((resolve) => response.once("drain", resolve));
    }
    response.end();
  });
  const before = process.memoryUsage().rss;
  let peak = before;
  const watch = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage().rss);
  }, 5);
  const result = await download(host, { maxBytes: 300 * mebibyte, timeoutMs: 30_000 });
  clearInterval(watch);
  expect(result).toMatchObject({ kind: "downloaded", width: mebibyte, height: 60 });
  expect((peak - before) / mebibyte).toBeLessThan(120);
}, 30_000);
