import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import { S3Client } from "@aws-sdk/client-s3";
import { createObjectAddresses, type ObjectAddresses } from "../../lambdas/platform/object-addresses.ts";

interface StoredObject {
  readonly bytes: Buffer;
  readonly etag: string;
  /** Those that S3 gives back: type and metadata. */
  readonly headers: Record<string, string>;
  readonly modified: Date;
}

/** Objects behind S3's own protocol, as far as the stores speak it, so that the SDK's client is the real one. */
export interface ObjectServer extends AsyncDisposable {
  readonly client: S3Client;
  /** Signs addresses of this server. */
  addresses(now: () => number): ObjectAddresses;
  readonly objects: Map<string, StoredObject>;
  /** Answers this to everything from now on; null: works again. */
  refuseWith(status: number | null): void;
}

/** Starts it on a free port. A checksum that does not fit is refused, as S3 does. */
export async function startObjectServer(): Promise<ObjectServer> {
  const objects = new Map<string, StoredObject>();
  let refusal: number | null = null;
  const server = createServer((request, response) => {
    void answer(request, response, objects, refusal);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const place = {
    endpoint: `http://127.0.0.1:${address.port}`,
    region: "us-east-1",
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
  };
  const client = new S3Client({ ...place, forcePathStyle: true, maxAttempts: 1 });
  return {
    client,
    addresses: (now) => createObjectAddresses({ ...place, now }),
    objects,
    refuseWith: (status) => {
      refusal = status;
    },
    async [Symbol.asyncDispose]() {
      client.destroy();
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  objects: ObjectServer["objects"],
  refusal: number | null,
): Promise<void> {
  const url = new URL(request.url ?? "/", "http://server");
  // Path style: the bucket, then the key.
  const key = decodeURIComponent(url.pathname.split("/").slice(2).join("/"));
  const body = await buffer(request);
  if (refusal !== null) return end(response, refusal, {});
  const found = objects.get(key);
  if (key === "") return list(response, objects, url.searchParams.get("prefix") ?? "");
  if (request.method === "PUT") {
    const told = request.headers["x-amz-checksum-sha256"];
    if (told !== undefined && told !== createHash("sha256").update(body).digest("base64"))
      return end(response, 400, {});
    const stored = { bytes: body, etag: tagOf(body), headers: kept(request), modified: new Date() };
    objects.set(key, stored);
    return end(response, 200, { etag: stored.etag });
  }
  if (request.method === "DELETE") {
    objects.delete(key);
    return end(response, 204, {});
  }
  if (found === undefined) return end(response, 404, {});
  const wanted = request.headers["if-match"];
  if (wanted !== undefined && wanted !== found.etag) return end(response, 412, {});
  const headers = {
    ...found.headers,
    etag: found.etag,
    "last-modified": found.modified.toUTCString(),
    "content-length": String(found.bytes.length),
  };
  end(response, 200, headers, request.method === "HEAD" ? undefined : found.bytes);
}

function list(response: ServerResponse, objects: ObjectServer["objects"], prefix: string): void {
  const entries = [...objects.keys()]
    .filter((key) => key.startsWith(prefix))
    .map((key) => `<Contents><Key>${key}</Key></Contents>`);
  end(response, 200, {}, Buffer.from(`<ListBucketResult>${entries.join("")}</ListBucketResult>`));
}

function end(response: ServerResponse, status: number, headers: Record<string, string>, body?: Buffer): void {
  response.writeHead(status, headers).end(body);
}

function kept({ headers }: IncomingMessage): Record<string, string> {
  const pairs = Object.entries(headers).flatMap(([name, value]) =>
    name.startsWith("x-amz-meta-") || name === "content-type" ? [[name, String(value)]] : [],
  );
  return Object.fromEntries(pairs);
}

function tagOf(bytes: Buffer): string {
  return `"${createHash("md5").update(bytes).digest("hex")}"`;
}
