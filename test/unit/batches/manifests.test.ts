import { PutObjectCommand } from "@aws-sdk/client-s3";
import { describe, expect, test } from "vitest";
import { createManifestUploads, manifestFolder } from "../../../lambdas/batches/addresses.ts";
import { createManifests } from "../../../lambdas/batches/manifests.ts";
import { startObjectServer } from "../../support/object-server.ts";

const KEY = "manifests/shop/prompts.csv";

async function serving(body = "prompt\na red mug\n") {
  const server = await startObjectServer();
  const put = (text: string) =>
    server.client.send(new PutObjectCommand({ Bucket: "bucket", Key: KEY, Body: text }));
  await put(body);
  return Object.assign(server, { put, manifests: createManifests(server.client, "bucket") });
}

describe("manifests in the bucket", () => {
  test("are looked at, and read as they were then", async () => {
    await using server = await serving();
    const look = await server.manifests.look(KEY);
    expect(look?.bytes).toBe(17);
    const bytes = await server.manifests.read(KEY, look?.etag ?? "");
    expect(Buffer.from(bytes ?? []).toString()).toBe("prompt\na red mug\n");
  });

  test("that are another file by now are not read", async () => {
    await using server = await serving();
    const look = await server.manifests.look(KEY);
    await server.put("prompt\na blue mug\n");
    expect(await server.manifests.read(KEY, look?.etag ?? "")).toBeNull();
  });

  test.each([403, 404, 412])("are not to be had where the storage says %i", async (status) => {
    await using server = await serving();
    server.refuseWith(status);
    expect(await server.manifests.look(KEY)).toBeNull();
    expect(await server.manifests.read(KEY, "tag")).toBeNull();
  });

  test("are not called missing while the storage is away", async () => {
    await using server = await serving();
    server.refuseWith(503);
    await expect(server.manifests.look(KEY)).rejects.toThrow();
    await expect(server.manifests.read(KEY, "tag")).rejects.toThrow();
  });
});

describe("a place for a manifest", () => {
  test("is below its owner's folder, new each time, and takes what is put there", async () => {
    await using server = await serving();
    const now = Date.UTC(2026, 10, 28, 12);
    const uploads = createManifestUploads(
      server.addresses(() => now),
      "bucket",
    );
    const [one, other] = [await uploads.place("shop", 6), await uploads.place("shop", 6)];
    expect(one.key.startsWith(manifestFolder("shop"))).toBe(true);
    expect(one.key).not.toBe(other.key);
    expect(one.expiresAt).toBe("2026-11-28T12:15:00.000Z");
    expect((await fetch(one.url, { method: "PUT", body: "prompt" })).status).toBe(200);
    expect(server.objects.get(one.key)?.bytes.toString()).toBe("prompt");
  });

  test("takes exactly the bytes that were told: its signature covers their number", async () => {
    await using server = await serving();
    const { url } = await createManifestUploads(server.addresses(Date.now), "bucket").place("shop", 6);
    expect(new URL(url).searchParams.get("X-Amz-SignedHeaders")?.split(";")).toContain("content-length");
  });
});
