import { createHash, randomUUID } from "node:crypto";
import { Readable } from "node:stream";
import fastify, { type FastifyInstance, type FastifyReply } from "fastify";
import type { CallLog } from "./calls.ts";
import type { DownloadFault } from "./faults.ts";
import { plainPicture } from "./pictures.ts";
import { iendLength } from "./png.ts";
import type { Result, ResultStore } from "./results.ts";

const mebibyte = 1024 * 1024;
const oversized = 66 * mebibyte;

/** The object store's HTTP side: one signed GET per picture, and every way a download goes wrong. */
export function buildResultHost(store: ResultStore, log: CallLog): FastifyInstance {
  const server = fastify({ forceCloseConnections: true, exposeHeadRoutes: false });

  server.get("/redirect-trap", async (_request, reply) => {
    log.violation("a redirect to an unknown host was followed");
    return reply.send("This is not the picture.");
  });

  server.get("/*", async (request, reply) => {
    const target = request.raw.url ?? "";
    if (request.headers.authorization !== undefined) {
      log.violation("the result host was sent an Authorization header");
      return refuse(reply, 400, "InvalidArgument", "Only one auth mechanism allowed.");
    }
    const result = store.find(target.split("?")[0] ?? "");
    if (result === undefined) return refuse(reply, 404, "NoSuchKey", "The specified key does not exist.");
    if (target !== result.target) {
      return refuse(reply, 403, "SignatureDoesNotMatch", "The request signature does not match.");
    }
    result.call.downloads += 1;
    if (Date.now() / 1000 > result.expires) return refuse(reply, 403, "AccessDenied", "Request has expired.");
    return serve(reply, result, await store.bytes(result));
  });

  return server;
}

async function serve(reply: FastifyReply, result: Result, bytes: Buffer): Promise<FastifyReply> {
  const due = result.faults.filter(({ left }) => left > 0);
  const takes = (name: DownloadFault): boolean => {
    const fault = due.find((candidate) => candidate.name === name);
    if (fault !== undefined) fault.left -= 1;
    return fault !== undefined;
  };
  // These two only change headers and go together with any other; of the others, one happens per download.
  const type = takes("image-octet-stream") ? "application/octet-stream" : "image/png";
  const badMd5 = takes("image-bad-md5");
  const first = due.find(({ name }) => name !== "image-octet-stream" && name !== "image-bad-md5");
  if (first !== undefined) first.left -= 1;
  const send = (content: Buffer): FastifyReply =>
    reply.headers(objectHeaders(badMd5 ? Buffer.from("other bytes") : content, type)).send(content);

  switch (first?.name) {
    case "image-404":
      return refuse(reply, 404, "NoSuchKey", "The specified key does not exist.");
    case "image-403":
      return refuse(reply, 403, "AccessDenied", "You have no right to access this object.");
    case "image-500":
      return refuse(reply, 500, "InternalError", "We encountered an internal error. Please try again.");
    case "image-redirect":
      return reply
        .code(302)
        .header("location", `http://${elsewhere(reply)}/redirect-trap`)
        .send();
    case "image-moved":
      return reply.code(302).header("location", result.target).send();
    case "image-not-png":
      return reply.type("text/html").send("<html><body><h1>Sign in to this network</h1></body></html>");
    case "image-wrong-size":
      return send(plainPicture({ ...result.recipe, width: 512, height: 512 }));
    case "image-no-iend":
      return send(bytes.subarray(0, bytes.length - iendLength));
    case "image-bad-crc":
      return send(withBadCrc(bytes));
    case "image-oversized":
      return reply
        .headers({ ...objectHeaders(bytes, type), "content-length": oversized })
        .send(Readable.from(endless(bytes), { objectMode: false }));
    case "image-oversized-chunked":
      return reply.type(type).send(Readable.from(endless(bytes), { objectMode: false }));
    case "image-reset":
      reply.hijack();
      reply.raw.socket?.resetAndDestroy();
      return reply;
    case "image-hang":
      reply.hijack();
      return reply;
    case "image-truncate":
    case "image-stall": {
      const stays = first.name === "image-stall";
      reply.hijack();
      reply.raw.writeHead(200, { ...objectHeaders(bytes, type), "content-length": bytes.length });
      reply.raw.write(bytes.subarray(0, Math.floor(bytes.length / 2)), () => {
        if (!stays) reply.raw.socket?.end();
      });
      return reply;
    }
    default:
      return send(bytes);
  }
}

/** The same server by a name that is on no list. */
function elsewhere(reply: FastifyReply): string {
  return reply.request.host.replace("127.0.0.1", "localhost");
}

/** A bit is wrong in the CRC of the last chunk before IEND. */
function withBadCrc(png: Buffer): Buffer {
  const spoilt = Buffer.from(png);
  const at = spoilt.length - iendLength - 1;
  spoilt.writeUInt8(spoilt.readUInt8(at) ^ 1, at);
  return spoilt;
}

function* endless(bytes: Buffer): Generator<Buffer> {
  yield bytes.subarray(0, Math.min(bytes.length, mebibyte));
  const zeros = Buffer.alloc(mebibyte);
  let left = oversized - Math.min(bytes.length, mebibyte);
  while (left > 0) {
    yield zeros.subarray(0, Math.min(left, mebibyte));
    left -= mebibyte;
  }
}

function objectHeaders(content: Buffer, type: string): Record<string, string> {
  const md5 = createHash("md5").update(content).digest();
  return {
    "content-type": type,
    etag: `"${md5.toString("hex").toUpperCase()}"`,
    "content-md5": md5.toString("base64"),
    "last-modified": new Date().toUTCString(),
    "accept-ranges": "bytes",
    server: "AliyunOSS",
    "x-oss-request-id": randomUUID().replaceAll("-", "").slice(0, 24).toUpperCase(),
    "x-oss-object-type": "Normal",
  };
}

function refuse(reply: FastifyReply, status: number, code: string, message: string): FastifyReply {
  return reply
    .code(status)
    .headers({ "content-type": "application/xml", server: "AliyunOSS" })
    .send(
      `<?xml version="1.0" encoding="UTF-8"?>\n<Error>\n  <Code>${code}</Code>\n  <Message>${message}</Message>\n` +
        "  <HostId>simulator</HostId>\n</Error>\n",
    );
}
