import { describe, expect, test } from "vitest";
import { removeOwned } from "../../../lambdas/generations/end-early.ts";
import type { Download } from "../../../lambdas/images/download.ts";
import { deliver } from "../../../lambdas/painting/turn.ts";
import { HOUR, MINUTE, NOON, painted } from "../../support/generations.ts";
import { picture, workerBench } from "../../support/worker-bench.ts";

const unknownHost: Download = { kind: "unknown_host", host: "new.example" };
const gone: Download = { kind: "gone", status: 404 };
const reset: Download = { kind: "transfer_failed", detail: "reset" };
const otherPort: Download = { kind: "other_port", host: "listed.example:8443" };
const page: Download = {
  kind: "refused",
  path: "/tmp/page",
  bytes: 4,
  sha256: "abcd",
  sha256Base64: "q80=",
  detail: "no PNG, JPEG or WebP",
  discard: async () => {},
};
const times = (count: number, download: Download) => Array.from({ length: count }, () => download);

describe("a painted image", () => {
  test.each<[string, Download]>([
    ["a broken transfer", reset],
    ["a missing file", gone],
    ["a page in its place", page],
  ])("is fetched again after %s, within the same delivery", async (_, fault) => {
    const bench = workerBench();
    const generation = painted();
    bench.put(generation);
    bench.downloads.push(fault, fault);
    expect(await bench.deliver(generation)).toEqual({ kind: "done" });
    expect(bench.record(generation)).toMatchObject({
      state: "succeeded",
      image: { source_sha256: "00", bytes: 7 },
    });
  });

  test("comes back later when that does not help, and is never painted again", async () => {
    const bench = workerBench();
    const generation = painted();
    bench.put(generation);
    bench.downloads.push(...times(3, reset));
    expect(await bench.deliver(generation)).toEqual({ kind: "back", at: NOON + 2500 });
    expect(bench.record(generation)).toMatchObject({ state: "painted", fetches: 1 });
    expect(bench.asked).toEqual([]);
  });

  test("is fetched until the storage says, after its time, that it is gone: then it failed, and is billed", async () => {
    const bench = workerBench();
    const generation = painted();
    bench.put(generation);
    bench.downloads.push(...times(1000, gone));
    for (;;) {
      const disposition = await bench.deliver(generation);
      if (disposition.kind === "done") break;
      bench.now = disposition.at;
    }
    expect(bench.now).toBeGreaterThanOrEqual(NOON + 24 * HOUR);
    expect(bench.record(generation)).toMatchObject({
      state: "failed",
      error: { code: "image_unavailable", billed: "yes", message: expect.stringContaining("404") },
    });
  });

  test.each<[string, Download]>([
    ["a fault of the storage", { kind: "transfer_failed", detail: "status 503" }],
    ["a page in its place", page],
    ["a host that is not allowed", unknownHost],
  ])("is not given up for %s at the computed end of its address", async (_, fault) => {
    const bench = workerBench();
    const generation = { ...painted(), fetches: 12 };
    bench.put(generation);
    bench.now = NOON + 25 * HOUR;
    bench.downloads.push(...times(3, fault));
    const disposition = await bench.deliver(generation);
    expect(bench.record(generation).state).toBe("painted");
    bench.now = disposition.kind === "back" ? disposition.at : 0;
    expect(bench.now).toBeLessThanOrEqual(NOON + 26 * HOUR);
    bench.downloads.splice(0);
    await bench.deliver(generation);
    expect(bench.record(generation).state).toBe("succeeded");
  });

  test("whose address seems dead at birth is fetched: a clock may be wrong", async () => {
    const bench = workerBench();
    const generation = { ...painted(), source_expires_at: new Date(NOON).toISOString() };
    bench.put(generation);
    bench.downloads.push(gone, reset, reset);
    expect((await bench.deliver(generation)).kind).toBe("back");
    await bench.deliver(generation);
    expect(bench.record(generation).state).toBe("succeeded");
  });

  test("that nobody can fetch and nobody calls gone is given up a day after its time", async () => {
    const bench = workerBench({ download: async () => unknownHost });
    const generation = painted();
    bench.put(generation);
    for (let delivery = 0; delivery < 500; delivery++) {
      const disposition = await bench.deliver(generation);
      if (disposition.kind === "done") break;
      bench.now = disposition.at;
    }
    expect(bench.now).toBe(NOON + 48 * HOUR);
    expect(bench.record(generation)).toMatchObject({
      state: "failed",
      error: { code: "image_unavailable", billed: "yes", message: expect.stringContaining("new.example") },
    });
  });

  test("is asked for once more at the very end of its address", async () => {
    const bench = workerBench();
    const generation = { ...painted(), fetches: 12 };
    bench.put(generation);
    bench.now = NOON + 24 * HOUR - MINUTE;
    bench.downloads.push(...times(3, reset));
    expect(await bench.deliver(generation)).toEqual({ kind: "back", at: NOON + 24 * HOUR });
    bench.now = NOON + 24 * HOUR;
    await bench.deliver(generation);
    expect(bench.record(generation).state).toBe("succeeded");
  });

  test("is fetched a last time while its address still lives: what is late, is late by less than that", async () => {
    const end = NOON + 24 * HOUR;
    const bench = workerBench({
      download: async () => {
        // The operator allows the host ten minutes before the end.
        if (bench.now < end - 10 * MINUTE) return unknownHost;
        return bench.now >= end ? { kind: "gone", status: 403 } : picture;
      },
    });
    const generation = { ...painted(), fetches: 12 };
    bench.put(generation);
    bench.now = end - 11 * MINUTE;
    const disposition = await bench.deliver(generation);
    bench.now = disposition.kind === "back" ? disposition.at + 5000 : 0;
    await bench.deliver(generation);
    expect(bench.record(generation).state).toBe("succeeded");
  });

  test("that its owner has removed meanwhile does not come back with a second delivery", async () => {
    const bench = workerBench({
      images: {
        bucket: "bucket",
        remove: (id) => bench.images.remove(id),
        find: async () => null,
        keepUnverified: (id, file) => bench.images.keepUnverified(id, file),
        async put(id, file, requestHash) {
          const key = await bench.images.put(id, file, requestHash);
          const { images, generations } = bench;
          await deliver(id, { ...bench.dependencies, images });
          await removeOwned(id, "owner", { generations, images, now: () => bench.now });
          return bench.images.put(id, file, requestHash).then(() => key);
        },
      },
    });
    const generation = painted();
    bench.put(generation);
    await bench.deliver(generation);
    expect(bench.record(generation)).toMatchObject({ state: "succeeded", image: null });
    expect(bench.images.stored.size).toBe(0);
  });

  test("of an unknown host waits, alarms, and continues once the host is allowed", async () => {
    const bench = workerBench();
    const generation = painted();
    bench.put(generation);
    bench.downloads.push(unknownHost);
    const disposition = await bench.deliver(generation);
    expect(bench.downloaded).toHaveLength(1);
    expect(bench.signals).toEqual(["ImageHostUnknown"]);
    expect(bench.record(generation)).toMatchObject({ state: "painted", waiting_for_host: "new.example" });
    bench.now = disposition.kind === "back" ? disposition.at : 0;
    expect(await bench.deliver(generation)).toEqual({ kind: "done" });
    expect(bench.record(generation).state).toBe("succeeded");
  });

  test("is not announced while the bucket refuses it", async () => {
    const bench = workerBench({
      images: {
        bucket: "bucket",
        put: async () => {
          throw new Error("SlowDown");
        },
        keepUnverified: async () => "key",
        find: async () => null,
        remove: async () => {},
      },
    });
    const generation = painted();
    bench.put(generation);
    expect((await bench.deliver(generation)).kind).toBe("back");
    expect(bench.record(generation).state).toBe("painted");
  });

  test("of the size that was asked is good although the provider counted another", async () => {
    const bench = workerBench();
    const generation = { ...painted(), width: 1, height: 1 };
    bench.put(generation);
    await bench.deliver(generation);
    expect(bench.record(generation)).toMatchObject({ state: "succeeded", warnings: [] });
  });

  test("of another size is stored, with a warning", async () => {
    const bench = workerBench();
    const generation = painted();
    bench.put(generation);
    bench.downloads.push({ ...picture, height: 936 });
    await bench.deliver(generation);
    expect(bench.record(generation)).toMatchObject({
      state: "succeeded",
      image: { width: 1664, height: 936 },
      warnings: [expect.stringContaining("1664*936")],
    });
  });

  test.each([
    ["image/jpeg", "jpg"],
    ["image/webp", "webp"],
  ] as const)("of %s is stored as what it is, with a warning", async (contentType, extension) => {
    const bench = workerBench();
    const generation = painted();
    bench.put(generation);
    bench.downloads.push({ ...picture, contentType });
    await bench.deliver(generation);
    const key = `generations/${generation.id}.${extension}`;
    expect(bench.images.stored.has(key)).toBe(true);
    expect(bench.record(generation)).toMatchObject({
      image: { content_type: contentType, key },
      warnings: [expect.stringContaining(contentType)],
    });
  });

  test("at another port of a host waits, and alarms with the true reason", async () => {
    const bench = workerBench();
    const generation = painted();
    bench.put(generation);
    bench.downloads.push(otherPort);
    expect((await bench.deliver(generation)).kind).toBe("back");
    expect(bench.signals).toEqual(["ImageHostUnknown"]);
    expect(bench.record(generation).history.at(-1)).toMatchObject({
      detail: expect.stringContaining("another port"),
    });
  });

  test("leaves no file behind, whether it was stored or not", async () => {
    let discarded = 0;
    const discard = async () => {
      discarded++;
    };
    const bench = workerBench();
    const generation = painted();
    bench.put(generation);
    bench.downloads.push({ ...page, discard }, { ...picture, discard });
    await bench.deliver(generation);
    expect(discarded).toBe(2);
  });
});

describe("what came instead of a picture", () => {
  test("is kept beside the pictures, and rings once, however often it comes", async () => {
    const bench = workerBench();
    const generation = painted();
    bench.put(generation);
    bench.downloads.push(...times(9, page));
    for (let delivery = 0; delivery < 3; delivery++) {
      const disposition = await bench.deliver(generation);
      bench.now = disposition.kind === "back" ? disposition.at : 0;
    }
    expect(bench.signals).toEqual(["ImageRefused"]);
    const key = `unverified/${generation.id}-${page.sha256}`;
    expect([...bench.images.stored.keys()]).toEqual([key]);
    expect(bench.record(generation)).toMatchObject({ state: "painted", unverified_key: key });

    await bench.deliver(generation);
    expect(bench.record(generation).state).toBe("succeeded");
  });

  test("is told of when the picture never comes", async () => {
    const bench = workerBench();
    const generation = { ...painted(), unverified_key: "unverified/a" };
    bench.put(generation);
    bench.now = NOON + 25 * HOUR;
    bench.downloads.push(...times(3, gone));
    await bench.deliver(generation);
    expect(bench.record(generation)).toMatchObject({
      error: { code: "image_unavailable", message: expect.stringContaining("kept for the operator") },
    });
  });

  test("does not ring while the bucket refuses it: nothing is kept yet", async () => {
    const bench = workerBench();
    const generation = painted();
    bench.put(generation);
    bench.downloads.push(...times(6, page));
    const { images } = bench;
    const refusing = {
      ...images,
      keepUnverified: async () => {
        throw new Error("SlowDown");
      },
    };
    await deliver(generation.id, { ...bench.dependencies, images: refusing });
    expect(bench.signals).toEqual([]);
    await bench.deliver(generation);
    expect(bench.signals).toEqual(["ImageRefused"]);
  });
});
