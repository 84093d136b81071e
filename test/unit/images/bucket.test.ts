import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createImageAddresses } from "../../../lambdas/images/addresses.ts";
import { createImageStore } from "../../../lambdas/images/bucket.ts";
import { spool } from "../../../lambdas/images/spool.ts";
import { startObjectServer } from "../../support/object-server.ts";

const NOON = Date.UTC(2026, 10, 28, 12);
const ITS = { requestHash: "hash", createdAt: "2026-11-28T12:00:00.000Z" };
let directory = "";

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "bucket-"));
});
afterAll(() => rm(directory, { recursive: true }));

async function picture(bytes = "picture") {
  const file = await spool(Readable.from([Buffer.from(bytes)]), { directory, maxBytes: 100 });
  const told = { marked: ["iptc"] as const, sourceSha256: "source", width: 928, height: 1664 };
  return { ...file, ...told, contentType: "image/png" as const };
}

async function serving() {
  const server = await startObjectServer();
  return Object.assign(server, {
    store: createImageStore(server.client, "bucket"),
    images: createImageAddresses(
      server.addresses(() => NOON),
      "bucket",
    ),
  });
}

describe("the pictures in the bucket", () => {
  test("are found again with all that a record has to know of them", async () => {
    await using server = await serving();
    const file = await picture();
    const key = await server.store.put("gen_a", file, "hash");
    expect(await server.store.find("gen_a", ITS)).toEqual({
      bucket: "bucket",
      key,
      content_type: "image/png",
      width: 928,
      height: 1664,
      bytes: file.bytes,
      sha256: file.sha256,
      marked: ["iptc"],
      source_sha256: "source",
    });
    expect(Buffer.from(await server.store.bytes({ bucket: "bucket", key })).toString()).toBe("picture");
  });

  test("are not taken for another request's, whose id was free again", async () => {
    await using server = await serving();
    await server.store.put("gen_a", await picture(), "hash");
    expect(await server.store.find("gen_a", { ...ITS, requestHash: "other" })).toBeNull();
    expect(await server.store.find("gen_b", ITS)).toBeNull();
  });

  test("that do not tell their request are known by their time", async () => {
    await using server = await serving();
    const key = await server.store.put("gen_a", await picture(), "hash");
    const stored = server.objects.get(key);
    if (stored === undefined) throw new Error("nothing is stored");
    const at = (modified: Date) => server.objects.set(key, { ...stored, headers: {}, modified });
    at(new Date(NOON + 1000));
    expect(await server.store.find("gen_a", ITS)).toMatchObject({ key, source_sha256: null, marked: [] });
    at(new Date(NOON - 1000));
    expect(await server.store.find("gen_a", ITS)).toBeNull();
  });

  test("are refused by the storage where their bytes changed on the way", async () => {
    await using server = await serving();
    const file = await picture();
    await writeFile(file.path, "changed");
    await expect(server.store.put("gen_a", file, "hash")).rejects.toThrow();
    expect(server.objects.size).toBe(0);
  });

  test("are not called missing while the storage is away", async () => {
    await using server = await serving();
    await server.store.put("gen_a", await picture(), "hash");
    server.refuseWith(503);
    await expect(server.store.find("gen_a", ITS)).rejects.toThrow();
  });

  test("have addresses for an hour, one for each method", async () => {
    await using server = await serving();
    const key = await server.store.put("gen_a", await picture(), "hash");
    const { url, expiresAt } = await server.images.address({ bucket: "bucket", key });
    expect(expiresAt).toBe("2026-11-28T13:00:00.000Z");
    expect(new URL(url).searchParams.get("X-Amz-Expires")).toBe("3600");
    expect(await (await fetch(url)).text()).toBe("picture");
    const head = await fetch(await server.images.headAddress({ bucket: "bucket", key }), { method: "HEAD" });
    expect(head.headers.get("content-type")).toBe("image/png");
  });

  test("are gone with all that was kept beside them, and may be removed twice", async () => {
    await using server = await serving();
    await server.store.put("gen_a", await picture(), "hash");
    await server.store.put("gen_b", await picture(), "hash");
    await server.store.remove("gen_a");
    await server.store.remove("gen_a");
    expect([...server.objects.keys()]).toEqual(["generations/gen_b.png"]);
  });

  test("and what is no picture lie apart, once, however often they are kept", async () => {
    await using server = await serving();
    const file = await picture("no picture");
    const [one, other] = [
      await server.store.keepUnverified("gen_a", file),
      await server.store.keepUnverified("gen_a", file),
    ];
    expect(one).toBe(other);
    expect([...server.objects.keys()]).toEqual([one]);
    expect(one).toMatch(/^unverified\/gen_a-/);
  });
});
