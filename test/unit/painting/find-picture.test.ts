import { HeadObjectCommand, ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import { mockClient } from "aws-sdk-client-mock";
import { describe, expect, test } from "vitest";
import { createImageStore } from "../../../lambdas/images/bucket.ts";
import { NOON, queued } from "../../support/generations.ts";
import { picture, workerBench } from "../../support/worker-bench.ts";

const marked = { ...picture, marked: ["iptc"], sourceSha256: "01" };
const fox = () => queued({ body: { prompt: "fox" } });

describe("before a paid call", () => {
  test("a picture that a restored table does not know of is taken from the bucket", async () => {
    const bench = workerBench();
    const generation = fox();
    bench.put(generation);
    const key = await bench.images.put(generation.id, marked, generation.request_hash);
    expect(await bench.deliver(generation)).toEqual({ kind: "done" });
    expect(bench.asked).toEqual([]);
    expect(bench.record(generation)).toMatchObject({ state: "succeeded", attempts: 0, image: { key } });
    expect(bench.record(generation).history).toContainEqual(
      expect.objectContaining({ event: "stored", detail: expect.stringContaining("already") }),
    );
  });

  test("a picture of another request is none: its record had expired, and the key is used anew", async () => {
    const bench = workerBench();
    const generation = fox();
    bench.put(generation);
    await bench.images.put(generation.id, marked, "another request");
    await bench.deliver(generation);
    expect(bench.asked).toEqual(["fox"]);
  });

  test("nothing is bought while the bucket does not answer, and nothing counts", async () => {
    const bench = workerBench();
    const generation = fox();
    bench.put(generation);
    bench.images.find = () => Promise.reject(new Error("SlowDown"));
    expect((await bench.deliver(generation)).kind).toBe("back");
    expect(bench.asked).toEqual([]);
    expect(bench.record(generation)).toMatchObject({
      state: "queued",
      attempts: 0,
      started_at: null,
      waiting: { reason: "storage_unavailable", tries: 1 },
    });
  });
});

describe("the bucket's side", () => {
  const client = new S3Client({
    region: "eu-west-1",
    credentials: { accessKeyId: "a", secretAccessKey: "b" },
  });
  const store = createImageStore(client, "bucket");
  const of = { requestHash: "hash", createdAt: "2026-11-22T12:00:00.000Z" };
  const at = (Metadata: Record<string, string>, LastModified = new Date(NOON)) => {
    const s3 = mockClient(client);
    s3.on(ListObjectsV2Command).resolves({ Contents: [{ Key: "generations/a.jpg" }] });
    s3.on(HeadObjectCommand).resolves({ Metadata, ContentLength: 7, LastModified, ChecksumSHA256: "AA==" });
    return store.find("a", of).finally(() => s3.restore());
  };

  test("a picture is described by what was stored with it", async () => {
    const provenance = { marked: "iptc", "source-sha256": "01" };
    const described = { "request-hash": "hash", width: "1664", height: "928", sha256: "00", ...provenance };
    expect(await at(described)).toEqual({
      bucket: "bucket",
      key: "generations/a.jpg",
      content_type: "image/jpeg",
      width: 1664,
      height: 928,
      bytes: 7,
      sha256: "00",
      marked: ["iptc"],
      source_sha256: "01",
    });
  });

  test("a picture of another request is none", async () => {
    expect(await at({ "request-hash": "other" })).toBeNull();
  });

  test("one that does not tell its request is its own when it is younger than the record", async () => {
    expect(await at({})).toMatchObject({ sha256: "00" });
    expect(await at({}, new Date(NOON - 1000))).toBeNull();
  });

  test("nothing is said when S3 refuses", async () => {
    const s3 = mockClient(client);
    s3.on(ListObjectsV2Command).rejects(new Error("AccessDenied"));
    await expect(store.find("a", of)).rejects.toThrow("AccessDenied");
    s3.restore();
  });
});
