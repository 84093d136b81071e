import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Crc64 } from "../../../lambdas/images/crc64.ts";
import { type DownloadOptions, downloadImage } from "../../../lambdas/images/download.ts";
import { checkResultUrl } from "../../../lambdas/providers/dashscope/result-hosts.ts";
import { chunk, header, SIGNATURE, samplePng } from "./sample-png.ts";

const picture = samplePng(40, 30);
const expected = { width: 40, height: 30 };
let directory = "";
let server: Server | null = null;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "download-"));
});
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  rmSync(directory, { recursive: true, force: true });
});

async function storage(listener: RequestListener): Promise<string> {
  const started = createServer(listener);
  server = started;
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

function download(host: string, options: Partial<DownloadOptions> = {}) {
  return downloadImage(`http://${host}/a.png?Signature=x%2By'z`, {
    directory,
    extraHosts: [host],
    checkResultUrl,
    expected,
    timeoutMs: 5000,
    ...options,
  });
}

const leftovers = () => readdirSync(directory);

describe("a good picture", () => {
  test("arrives in a private file, with its digests", async () => {
    const crc = new Crc64();
    crc.update(picture);
    const md5 = createHash("md5").update(picture).digest();
    const { result, requests } = await fetched(picture, {
      etag: `"${md5.toString("hex").toUpperCase()}"`,
      "content-md5": md5.toString("base64"),
      "x-oss-hash-crc64ecma": crc.digest(),
      "content-type": "application/octet-stream",
    });
    if (result.kind !== "downloaded") throw new Error(JSON.stringify(result));
    const sha256 = createHash("sha256").update(picture).digest();
    expect(result).toMatchObject({
      bytes: picture.length,
      sha256: sha256.toString("hex"),
      sha256Base64: sha256.toString("base64"),
      md5: md5.toString("hex"),
      ...expected,
    });
    expect(readFileSync(result.path)).toEqual(picture);
    expect(statSync(result.path).mode & 0o777).toBe(0o600);
    expect(requests).toHaveLength(1);
    expect(requests[0]?.url).toBe("/a.png?Signature=x%2By'z");
    expect(requests[0]?.headers).not.toHaveProperty("authorization");
    expect(requests[0]?.headers.connection).toBe("close");

    await result.discard();
    await result.discard();
    expect(leftovers()).toEqual([]);
  });

  test("needs no length when it comes in chunks, nor known dimensions", async () => {
    const host = await storage((_request, response) => {
      response.write(picture.subarray(0, 10));
      response.end(picture.subarray(10));
    });
    expect(await download(host, { expected: { width: null, height: null } })).toMatchObject({
      kind: "downloaded",
      ...expected,
    });
  });
});

describe("bytes that are not the picture", () => {
  test.each<[string, Uint8Array, string]>([
    ["a JPEG", Buffer.from("ffd8ffe000104a464946", "hex"), "no PNG signature"],
    ["other dimensions", samplePng(40, 31), "40*31 instead of 40*30"],
    ["an end without IEND", picture.subarray(0, -12), "ends before IEND"],
    ["trailing bytes", Buffer.concat([picture, Buffer.from("x")]), "bytes after IEND"],
    ["nothing", Buffer.alloc(0), "ends before IEND"],
  ])("%s is an invalid image and leaves no file", async (_name, bytes, detail) => {
    const { result } = await fetched(bytes);
    expect(result).toEqual({ kind: "invalid_image", detail });
    expect(leftovers()).toEqual([]);
  });

  test("an announced size over the cap is not read", async () => {
    const { result } = await fetched(picture, {}, { maxBytes: picture.length - 1 });
    expect(result).toEqual({ kind: "invalid_image", detail: `larger than ${picture.length - 1} bytes` });
    expect(leftovers()).toEqual([]);
  });

  test("an endless stream ends at the cap", async () => {
    const host = await storage((_request, response) => {
      const more = () => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536)));
      };
      response.on("drain", more);
      more();
    });
    expect(await download(host, { maxBytes: 1_000_000 })).toMatchObject({ kind: "invalid_image" });
    expect(leftovers()).toEqual([]);
  });
});

describe("a transfer that failed", () => {
  test.each<[string, Record<string, string>, string]>([
    ["another ETag", { etag: `"${"0".repeat(32)}"` }, "ETag does not match"],
    ["another MD5", { "content-md5": "AAAAAAAAAAAAAAAAAAAAAA==" }, "Content-MD5 does not match"],
    ["another CRC", { "x-oss-hash-crc64ecma": "12" }, "x-oss-hash-crc64ecma does not match"],
  ])("%s", async (_name, headers, detail) => {
    const { result } = await fetched(picture, headers);
    expect(result).toEqual({ kind: "transfer_failed", detail });
    expect(leftovers()).toEqual([]);
  });

  test("fewer bytes than announced", async () => {
    const host = await storage((_request, response) => {
      response.writeHead(200, { "content-length": String(picture.length) }).write(picture.subarray(0, 50));
      setImmediate(() => response.socket?.destroy());
    });
    expect(await download(host)).toEqual({ kind: "transfer_failed", detail: "ECONNRESET" });
    expect(leftovers()).toEqual([]);
  });

  test("an early end where nothing told the length", async () => {
    const host = await storage((_request, response) => {
      response.socket?.end(Buffer.concat([Buffer.from("HTTP/1.0 200 OK\r\n\r\n"), picture.subarray(0, 60)]));
    });
    expect(await download(host)).toEqual({ kind: "transfer_failed", detail: "ends before IEND" });
  });

  test("a stall", async () => {
    const host = await storage((_request, response) => {
      response.writeHead(200, { "content-length": String(picture.length) }).write(picture.subarray(0, 50));
    });
    expect(await download(host, { timeoutMs: 100 })).toEqual({ kind: "transfer_failed", detail: "TIMEOUT" });
    expect(leftovers()).toEqual([]);
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
    await new Promise((resolve) => server?.close(resolve));
    expect(await download(host)).toEqual({ kind: "transfer_failed", detail: "ECONNREFUSED" });
  });

  test("a directory that is not there", async () => {
    const { result } = await fetched(picture, {}, { directory: join(directory, "absent") });
    expect(result).toEqual({ kind: "transfer_failed", detail: "ENOENT" });
  });

  test.each([302, 307, 400, 429, 500, 503])("status %i", async (status) => {
    const paths: unknown[] = [];
    const host = await storage((request, response) => {
      paths.push(request.url);
      response.writeHead(status, { location: "/other.png" }).end("secret");
    });
    expect(await download(host)).toEqual({ kind: "transfer_failed", detail: `status ${status}` });
    expect(paths).toHaveLength(1);
    expect(leftovers()).toEqual([]);
  });
});

test.each([403, 404, 410])("status %i is gone", async (status) => {
  const host = await storage((_request, response) => response.writeHead(status).end("<Error/>"));
  expect(await download(host)).toEqual({ kind: "gone", status });
});

describe("hosts", () => {
  test("an unknown one is not asked", async () => {
    let asked = 0;
    const host = await storage(() => asked++);
    expect(await download(host, { extraHosts: [] })).toEqual({ kind: "unknown_host", host });
    expect(asked).toBe(0);
  });

  test.each(["127.0.0.1", "169.254.169.254", "10.0.0.8", "::1", "::ffff:10.0.0.8"])(
    "a known one that leads to %s is not asked",
    async (address) => {
      const host = "dashscope-a.oss-cn-beijing.aliyuncs.com";
      const result = await downloadImage(`https://${host}/a.png`, {
        directory,
        extraHosts: [],
        checkResultUrl,
        expected,
        timeoutMs: 2000,
        resolve: async () => [{ address, family: address.includes(":") ? 6 : 4 }],
      });
      expect(result).toEqual({ kind: "unknown_host", host });
    },
  );
});

test("memory stays flat: 192 MiB pass without being held", async () => {
  const mebibyte = 1024 * 1024;
  const block = chunk("IDAT", Buffer.alloc(mebibyte, "pixels"));
  async function* blocks() {
    yield Buffer.concat([SIGNATURE, header(40, 30)]);
    for (let count = 0; count < 192; count++) yield Buffer.from(block);
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
  const result = await download(host, { maxBytes: 256 * mebibyte, timeoutMs: 30_000 });
  clearInterval(watch);
  expect(result).toMatchObject({ kind: "downloaded" });
  expect((peak - before) / mebibyte).toBeLessThan(120);
}, 30_000);
