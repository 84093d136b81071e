import { describe, expect, test } from "vitest";
import { removeOwned } from "../../../lambdas/generations/end-early.ts";
import type { Download } from "../../../lambdas/images/download.ts";
import { deliver } from "../../../lambdas/painting/turn.ts";
import { HOUR, MINUTE, NOON, painted } from "../../support/generations.ts";
import { picture, workerBench } from "../../support/worker-bench.ts";

const unknownHost: Download = { kind: "unknown_host", host: "new.example" };
const gone: Download = { kind: "gone", status: 404 };
const reset: Download = { kind: "transfer_failed", detail: "reset" };
const times = (count: number, download: Download) => Array.from({ length: count }, () => download);

describe("a painted image", () => {
  test.each<[string, Download]>([
    ["a broken transfer", reset],
    ["a missing file", gone],
    ["a file that is no PNG", { kind: "invalid_image", detail: "no PNG" }],
    ["a picture of another size", { ...picture, width: 1 } as Download],
  ])("is fetched again after %s, within the same delivery", async (_, fault) => {
    const bench = workerBench();
    const generation = painted();
    bench.put(generation);
    bench.downloads.push(fault, fault);
    expect(await bench.deliver(generation)).toEqual({ kind: "done" });
    expect(bench.record(generation)).toMatchObject({ state: "succeeded", image: { sha256: "00", bytes: 7 } });
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

  test("is fetched until its address dies: then it failed, and is billed", async () => {
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
        async put(id, file) {
          const key = await bench.images.put(id, file);
          const { images, generations } = bench;
          await deliver(id, { ...bench.dependencies, images });
          await removeOwned(id, "owner", { generations, images, now: () => bench.now });
          return bench.images.put(id, file).then(() => key);
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
    expect(bench.record(generation).state).toBe("succeeded");
  });

  test("leaves no file behind, whether it was stored or not", async () => {
    let discarded = 0;
    const discard = async () => {
      discarded++;
    };
    const bench = workerBench();
    const generation = painted();
    bench.put(generation);
    bench.downloads.push({ ...picture, width: 1, discard } as Download, { ...picture, discard } as Download);
    await bench.deliver(generation);
    expect(discarded).toBe(2);
  });
});
